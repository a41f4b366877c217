"""The models of one generation, loaded together: they were trained on the same rows."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from generation import layout
from generation.manifest import Manifest, verify_files
from ranker.onnx_model import OnnxModel
from ranker.value_model import ValueModel

Floats = npt.NDArray[np.float32]

FILES = (layout.PRE_RANKER, layout.RANKER, layout.VALUE_MODEL)


@dataclass(frozen=True, slots=True)
class Models:
    """What scores candidates.

    Attributes:
        pre_ranker: One head, a cheap estimate of any positive action.
        ranker: One head per predicted action.
        worth: `float32[heads]`, the value model's weights in the order of the ranker's heads.
        value_model_version: Of the value model, for receipts; the others know their own.
    """

    pre_ranker: OnnxModel
    ranker: OnnxModel
    worth: Floats
    value_model_version: str

    @staticmethod
    def open(folder: Path, manifest: Manifest) -> "Models":
        """Verify and load.

        Raises:
            InvalidGenerationError: a file is missing or differs from the manifest.
            ModelError: a model cannot be used; names file and cause.
        """
        verify_files(folder, manifest, FILES)
        pre_ranker = OnnxModel(folder / layout.PRE_RANKER)
        ranker = OnnxModel(folder / layout.RANKER)
        value_model = ValueModel.read(folder / layout.VALUE_MODEL)
        worth = value_model.for_heads(ranker.heads)
        return Models(pre_ranker, ranker, worth, str(value_model.version))
