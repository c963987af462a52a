import pytest
import tokenizers

from bot.model_store import ModelMissingError, default_store
from bot.whisper_vocabulary import sayable_tokens


@pytest.fixture(scope="module")
def tokenizer():
    try:
        folder = default_store().path("whisper-base")
    except ModelMissingError as error:
        pytest.skip(str(error))
    return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def sayable(tokenizer):
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    return sayable_tokens(vocabulary, specials_from=50_257, timestamps_from=50_364)


@pytest.mark.parametrize(
    "text",
    [
        "I can't sleep – it's 3 a.m., and I've been crying… “why me?”",
        "A café, naïve Zoë, £20, 50 %, it’s José's, 20 °C",
        "می‌خواهم بخوابم؛ نمی‌توانم! چرا؟ «همین‌طوری»، ۱۲۳ و ٤٥٦ ۱٫۵٪",
        "آدرسم تهران، پلاک ۷ است. پـژمان گفت: چیزی نیست!",
        "هیچ‌کس به من إعتماد ندارد ك ي ة ئ ؤ أ",
    ],
)
def test_english_and_persian_can_be_written(tokenizer, sayable, text):
    assert set(tokenizer.encode(text, add_special_tokens=False).ids) <= set(sayable)


@pytest.mark.parametrize("text", ["привет", "你好", "こんにちは", "γειά", "नमस्ते", "שלום", "안녕"])
def test_other_scripts_can_not(tokenizer, sayable, text):
    assert not set(tokenizer.encode(text, add_special_tokens=False).ids) <= set(sayable)


def test_special_tokens_stay_but_the_timestamps(sayable):
    assert sayable[-107:] == list(range(50_257, 50_364))
    assert sayable == sorted(set(sayable))
    assert 40_000 < len(sayable) < 43_000
