"""Emotion of an utterance from its sound: the paper's network of three convolution layers.

In: mono samples at 16 kHz. Out: an `emotion.EmotionEstimate` with calibrated probabilities, or
"unclear". `SpeechEmotionDetector` (detector.py) is what the gateway runs; `python -m ser_model`
trains, evaluates and predicts. The way through the rooms: features.py → model.py → train.py →
evaluate.py → detector.py, and card.json says what the weights can and cannot do. At run time numpy
and onnxruntime are enough; TensorFlow, librosa and scikit-learn are for training only.
"""

from ser_model.detector import SpeechEmotionDetector
from ser_model.errors import ManifestError, ModelFileError, SpeechEmotionError

__all__ = ["ManifestError", "ModelFileError", "SpeechEmotionDetector", "SpeechEmotionError"]
