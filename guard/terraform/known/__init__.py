"""Public modules that guard knows by their documented inputs, so that calls of them tell something undownloaded."""
