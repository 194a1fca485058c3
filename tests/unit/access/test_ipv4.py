"""The short reader of IPv4 agrees with `ipaddress` on all that it reads."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshwright.access.candidates import _ipv6
from meshwright.access.ipv4 import dotted, ipv4, ipv4_block
from meshwright.access.request import cidr_range

TEXTS = st.lists(st.sampled_from(("0", "1", "10", "255", "256", "01", "00", "1000", "٣", "-1", " ", "", ".", ".", ".", "/", "8", "32", "33", "08", "+1",
                                  "%eth0", ":", "255.255.255.0")), max_size=10).map("".join)


@given(st.one_of(TEXTS, st.ip_addresses(v=4).map(str), st.ip_addresses().map(str)))
def test_addresses(text: str) -> None:
    number = ipv4(text)
    if number is not None:
        assert ipaddress.ip_address(text) == ipaddress.IPv4Address(number)
        assert cidr_range(text) == (4, number, number)


@given(st.one_of(TEXTS, st.tuples(st.ip_addresses(v=4), st.integers(0, 33)).map(lambda pair: f"{pair[0]}/{pair[1]}")))
def test_blocks(text: str) -> None:
    block = ipv4_block(text)
    if block is not None:
        network = ipaddress.ip_network(text, strict=False)
        assert block == (int(network.network_address), int(network.broadcast_address))
        assert cidr_range(text) == (4, *block)
        host_bits = block[0] != ipv4(text.partition("/")[0])
        assert host_bits == (str(ipaddress.ip_interface(text)) != str(network))


@given(st.ip_addresses(v=4))
def test_spelling(address: ipaddress.IPv4Address) -> None:
    assert dotted(int(address)) == str(address)
    assert ipv4(str(address)) == int(address)


@pytest.mark.parametrize("number", (0, 1, 9, 10, 2**64, 2**128 - 1))
def test_spelling_of_ipv6(number: int) -> None:
    assert _ipv6(number) == str(ipaddress.IPv6Address(number))


@pytest.mark.parametrize("text", ("10.0.0.0/8", "0.0.0.0/0", "192.168.1.7/32"))
def test_usual_blocks_are_read(text: str) -> None:
    assert ipv4_block(text) is not None
