"""A teacher's probabilities for the clips that its pupil learns from (Hinton, Vinyals and Dean, 2015).

The teacher is fitted on the very clips that the pupil may learn from, so that no speaker of the validation or
test part reaches the pupil by way of its teacher. Needs TensorFlow: only training imports this module.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ser_model.calibration import softmax
from ser_model.configuration import Configuration, read_configuration
from ser_model.errors import ConfigurationError
from ser_model.fitting import TrainingData, fit, load_training_data
from ser_model.manifest import LABELS

__all__ = ["Teacher"]


class Teacher:
    """The teacher that a configuration names.

    Args:
        configuration: of the pupil.
        folder: in which the teacher's configuration is.
        data: the pupil's, whose clips are the teacher's too.

    Raises:
        ConfigurationError: where the teacher's configuration is missing, or has a teacher of its own.
        CorpusError: where its features are missing.
    """

    def __init__(self, configuration: Configuration, folder: Path, data: TrainingData) -> None:
        self._configuration: Configuration | None = None
        if configuration.teacher is None:
            return
        self._configuration = read_configuration(folder / f"{configuration.teacher}.json")
        if self._configuration.teacher is not None:
            raise ConfigurationError(f"{configuration.teacher} has a teacher of its own; name that one")
        self._data = load_training_data(self._configuration, data.clips)

    def probabilities(
        self, *, train: NDArray[np.intp], valid: NDArray[np.intp]
    ) -> NDArray[np.float32] | None:
        """For all clips, shape (n, 7), 0 for untrained labels; None where the pupil has no teacher."""
        if self._configuration is None:
            return None
        trained = sorted(set(self._data.truth[train].tolist()))
        logits = fit(self._configuration, self._data, train=train, valid=valid).logits[:, trained]
        taught = np.zeros((len(logits), len(LABELS)), dtype=np.float32)
        taught[:, trained] = softmax(logits)
        return taught
