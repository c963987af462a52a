"""The network of the letter tagger and its way into ONNX (training environment only).

Letters [batch, time] → embedding → residual dilated convolutions → state of each letter; the states at
the words' ends → bidirectional GRU over the words → state of each word. A letter's sound is told from
its own state and its word's, the link of a word (in Persian: the ezafe) from the states of the word and the
next letters. Convolutions know the neighbourhood of letters, the GRU the sentence.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

__all__ = ["TaggerNetwork", "export_tagger"]

_SMALLEST_HALVED = 512
_OPSET = 17


class _Block(nn.Module):
    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation)
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        change = self.convolution((states * mask).transpose(1, 2)).transpose(1, 2)
        return states + self.dropout(torch.relu(self.norm(change)))


class TaggerNetwork(nn.Module):
    """Shapes: letters and word_of [batch, time], ends [batch, words], all int64.

    Letter 0 is the unknown one, `letters + 1` numbers are known, and -1 is padding. Gives the
    logarithms of probabilities [batch, time, sounds] and [batch, words].
    """

    def __init__(
        self,
        letters: int,
        sounds: int,
        *,
        width: int = 64,
        word_width: int = 64,
        dilations: tuple[int, ...] = (1, 1, 2),
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(letters + 1, width)
        self.blocks = nn.ModuleList(_Block(width, dilation, dropout) for dilation in dilations)
        self.words = nn.GRU(width, word_width, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(width + 2 * word_width, 128)
        self.sounds = nn.Linear(128, sounds)
        self.link_hidden = nn.Linear(width + 2 * word_width, 64)
        self.link = nn.Linear(64, 1)

    def forward(
        self, letters: Tensor, ends: Tensor, word_of: Tensor, word_counts: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Both outputs; `word_counts` [batch] tells how many words of a padded batch are real."""
        mask = (letters >= 0).unsqueeze(2).to(torch.float32)
        states = self.embedding(letters.clamp(min=0))
        for block in self.blocks:
            states = block(states, mask)
        at_ends = _picked(states, ends)
        word_states = self._words(self.dropout(at_ends), word_counts)
        joined = torch.cat([states, _picked(word_states, word_of)], dim=2)
        sounds = self.sounds(self.dropout(torch.relu(self.hidden(self.dropout(joined)))))
        link_states = torch.relu(self.link_hidden(self.dropout(torch.cat([at_ends, word_states], dim=2))))
        link = self.link(self.dropout(link_states)).squeeze(2)
        return torch.log_softmax(sounds, dim=2), nn.functional.logsigmoid(link)

    def _words(self, states: Tensor, counts: Tensor | None) -> Tensor:
        if counts is None:
            return self.words(states)[0]
        packed = nn.utils.rnn.pack_padded_sequence(
            states, counts.cpu(), batch_first=True, enforce_sorted=False
        )
        said, _ = nn.utils.rnn.pad_packed_sequence(
            self.words(packed)[0], batch_first=True, total_length=states.shape[1]
        )
        return said


def _picked(states: Tensor, places: Tensor) -> Tensor:
    return torch.gather(states, 1, places.unsqueeze(2).expand(-1, -1, states.shape[2]))


def export_tagger(network: TaggerNetwork, letters: list[str], sounds: list[str], path: Path) -> None:
    """Writes the network with float16 weights; `letters` start at number 1, `sounds` at 0."""
    network.eval()
    example = (torch.ones(1, 5, dtype=torch.long), torch.tensor([[1, 4]]), torch.tensor([[0, 0, 0, 1, 1]]))
    held = io.BytesIO()
    torch.onnx.export(
        network,
        example,
        held,
        input_names=["letters", "ends", "word_of"],
        output_names=["sounds", "linked"],
        dynamic_axes={"letters": {1: "time"}, "word_of": {1: "time"}, "ends": {1: "words"}},
        opset_version=_OPSET,
        dynamo=False,
    )
    model = onnx.load_from_string(held.getvalue())
    _halve_weights(model.graph)
    helper.set_model_props(model, {"tables": json.dumps({"letters": letters, "sounds": sounds})})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def _halve_weights(graph: onnx.GraphProto) -> None:
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _SMALLEST_HALVED:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), name + "_half"))
        casts.append(helper.make_node("Cast", [name + "_half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
