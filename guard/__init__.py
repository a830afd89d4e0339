"""guard: policy-as-code for the cost of AI infrastructure."""

__version__ = "0.1.0"
