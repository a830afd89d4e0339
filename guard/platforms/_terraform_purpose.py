"""What a Terraform resource is for where its type does not tell: by its labels, or else by the names in its address."""

from __future__ import annotations

import re
from collections.abc import Iterable

from guard.model.instance import Instance
from guard.model.resource import Labels, Purpose
from guard.model.value import Known

_KEYS = frozenset(
    ("purpose", "workload", "role", "use-case", "usecase", "workload-type", "ml-workload", "job-type", "function")
)
_TRAINING = ("train", "training", "trainer", "pretrain", "pretraining", "finetune", "finetuning")
_INFERENCE = ("inference", "infer", "serving", "serve", "predict", "prediction", "predictor")
_WORDS: dict[str, Purpose] = {
    **dict.fromkeys(_TRAINING, Purpose.TRAINING),
    **dict.fromkeys(_INFERENCE, Purpose.INFERENCE),
    **dict.fromkeys(("notebook", "notebooks", "jupyter", "jupyterhub", "workbench"), Purpose.NOTEBOOK),
    **dict.fromkeys(("pipeline", "pipelines"), Purpose.PIPELINE),
    "batch": Purpose.BATCH,
}
_WORD = re.compile(r"[a-z0-9]+")
_LONGEST = 1000


def purpose_of(instance: Instance, labels: Labels, by_name: bool) -> tuple[Purpose, str]:
    """Return what an instance is for and the evidence for it; names count only where `by_name`, being weaker evidence.

    Words of two different purposes in one place decide nothing.
    """
    for key, label in sorted(labels.entries.items()):
        value = label.value
        if isinstance(value, Known) and re.split(r"[/:]", key.lower().replace("_", "-"))[-1] in _KEYS:
            found = _purpose(value.value)
            if found is not None:
                return found[0], f"label {key} = {value.value}"
    if not by_name:
        return Purpose.UNKNOWN, ""
    found = _purpose(instance.address.replace(instance.type, "", 1) if not instance.module else _names(instance))
    return (found[0], f"the name {found[1]} in its address") if found else (Purpose.UNKNOWN, "")


def _names(instance: Instance) -> str:
    return " ".join(part for part in re.split(r"[.\[\]\"]", instance.address) if part != instance.type)


def _purpose(text: str) -> tuple[Purpose, str] | None:
    found = {_WORDS[word]: word for word in _tokens(text) if word in _WORDS}
    return next(iter(found.items())) if len(found) == 1 else None


def _tokens(text: str) -> Iterable[str]:
    return _WORD.findall(text[:_LONGEST].lower())
