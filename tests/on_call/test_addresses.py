import pytest

from on_call.addresses import AddressError, check_email, check_url, is_loopback


@pytest.mark.parametrize(
    "url",
    [
        "https://clinic.example/on-call?team=1",
        "https://user:word@clinic.example:8443/x",
        "http://127.0.0.1:80/x",
        "http://localhost:8080",
        "http://[::1]:8080/x",
    ],
)
def test_usable_addresses_are_kept(url):
    assert check_url(url) == url


def test_a_slash_at_the_end_is_taken_off():
    assert check_url("https://clinic.example/") == "https://clinic.example"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "duty.example",
        "ftp://clinic.example",
        "http://clinic.example",
        "http://192.0.2.7/x",
        "http://127.0.0.1.evil.example/",
        "https://",
        "https://[",
        "https://clinic.example:99999",
        "https://clinic.example:0",
        "https://clinic.example/#part",
        "https://clinic.example/a b",
        "https://clinic.example/\r\nx: y",
        "https://کلینیک.example/",
    ],
)
def test_other_addresses_are_refused_and_not_repeated(url):
    with pytest.raises(AddressError) as caught:
        check_url(url)
    assert not url or url == "https://" or url not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["duty@clinic.example", "a.b+c@sub.clinic.example", "o'neil@x.example", "root@localhost"]
)
def test_usable_mail_addresses_are_kept(address):
    assert check_email(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "duty",
        "@clinic.example",
        "duty@",
        "a@b@c.example",
        "Duty <duty@clinic.example>",
        "a@b.example, c@d.example",
        "a@b.example\nBcc: c@d.example",
        "a@b.example\r\n",
        ".a@b.example",
        "a..b@c.example",
        "a@-b.example",
        "a@b..example",
        "کشیک@clinic.example",
        "a b@c.example",
        '"a"@b.example',
        "a" * 300 + "@b.example",
    ],
)
def test_other_mail_addresses_are_refused(address):
    with pytest.raises(AddressError):
        check_email(address)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("127.0.0.1.example", False),
        ("192.0.2.1", False),
        ("", False),
    ],
)
def test_the_machine_itself_is_known(host, loopback):
    assert is_loopback(host) is loopback
