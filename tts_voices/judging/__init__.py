"""How good a voice is: recognisers of phones and words, rates with intervals, measurements of the sound."""
