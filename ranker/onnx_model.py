"""The one home of ONNX Runtime: loads a model it can trust and runs it on one thread."""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from features.matrix import FEATURE_COUNT, FEATURES, feature_schema
from generation.manifest import InvalidGenerationError

Floats = npt.NDArray[np.float32]

INPUT, OUTPUT = "features", "probabilities"
SERIOUS = 3
"""ONNX Runtime's log level for errors: its warnings are about graphs we did not write."""


class ModelError(InvalidGenerationError):
    """A model file cannot be used; the message names the file and the cause."""


class OnnxModel:
    """A scoring model. Safe to share between threads and requests.

    Attributes:
        heads: Names of the columns of its output.
        version: First twelve hex digits of the file's SHA-256.
    """

    def __init__(self, path: Path) -> None:
        """Load and try a model whose file has been verified against the manifest.

        Raises:
            ModelError: it is no model, was made for other features, names no heads, wants another
                input, or gives something else than finite probabilities for the default row.
        """
        self._path = path
        contents = path.read_bytes()
        self.version = hashlib.sha256(contents).hexdigest()[:12]
        try:
            # From memory, so that a model cannot name further files to be read.
            self._session = ort.InferenceSession(
                contents, _one_quiet_thread(), providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime raises its own unrelated types
            raise ModelError(f"{path} is not a model: {type(error).__name__}") from error
        self.heads = self._checked_heads()
        self._check_signature()
        self._try_on_defaults()

    def predict(self, matrix: Floats) -> Floats:
        """Probabilities of every head.

        Args:
            matrix: `float32[n, FEATURE_COUNT]`, C-contiguous.

        Returns:
            `float32[n, len(heads)]`; nobody has checked that it is finite.
        """
        scores: Floats = self._session.run([OUTPUT], {INPUT: matrix})[0]
        return scores

    def _checked_heads(self) -> tuple[str, ...]:
        metadata = self._session.get_modelmeta().custom_metadata_map
        schema = metadata.get("feature_schema")
        if schema != feature_schema():
            raise ModelError(
                f"{self._path} was made for features {schema}, not for {feature_schema()}"
            )
        heads = tuple(head for head in metadata.get("heads", "").split(",") if head)
        if not heads:
            raise ModelError(f"{self._path} names no heads in its metadata")
        return heads

    def _check_signature(self) -> None:
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        found = [(i.name, i.type, i.shape[1:]) for i in inputs]
        wanted = [(INPUT, "tensor(float)", [FEATURE_COUNT])]
        if found != wanted:
            raise ModelError(f"{self._path} takes {found}, expected {wanted}")
        if [o.name for o in outputs] != [OUTPUT] or outputs[0].shape[1:] != [len(self.heads)]:
            found_outputs = [(o.name, o.shape) for o in outputs]
            raise ModelError(
                f"{self._path} gives {found_outputs}, expected {OUTPUT} of {len(self.heads)} heads"
            )

    def _try_on_defaults(self) -> None:
        row = np.array([[feature.default for feature in FEATURES]], np.float32)
        scores = self.predict(row)
        if not (np.isfinite(scores).all() and (scores >= 0).all() and (scores <= 1).all()):
            raise ModelError(f"{self._path} gives {scores.tolist()} for the default row")


def _one_quiet_thread() -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = SERIOUS
    return options
