"""Where the sound goes through, and what is said when a setting makes no sense."""

import os

import pytest

from svara.media.addresses import local_address, own_addresses
from svara.media.main import command_line, may_be_real_time, media_addresses, media_ports, thread_count


def test_the_sound_uses_the_address_of_the_sip_listener() -> None:
    assert media_addresses("", "127.0.0.1:5060") == ["127.0.0.1"]
    assert media_addresses("", "[::1]:5060") == ["::1"]


def test_a_listener_on_all_addresses_means_all_of_this_machine_with_loopback_last() -> None:
    every = media_addresses("", "0.0.0.0:5060")
    assert every[-1] == "127.0.0.1"
    assert all(":" not in address for address in every)
    assert set(every) <= set(own_addresses())


def test_settings_go_first() -> None:
    assert media_addresses("10.0.0.5!203.0.113.9, 127.0.0.1", "127.0.0.1:5060") == ["10.0.0.5!203.0.113.9", "127.0.0.1"]
    assert media_ports("20000-20999") == (20000, 20999)


@pytest.mark.parametrize("setting", ["phones.example", "10.0.0.5!", "10.0.0.256"])
def test_an_address_that_is_none_is_refused_in_one_sentence(setting: str) -> None:
    with pytest.raises(SystemExit, match="SVARA_MEDIA_ADDRESS must be"):
        media_addresses(setting, "")


@pytest.mark.parametrize("setting", ["", "30000", "40000-30000", "80-90", "a-b", "30000-70000"])
def test_ports_that_are_no_range_are_refused(setting: str) -> None:
    with pytest.raises(SystemExit, match="SVARA_MEDIA_PORTS must be"):
        media_ports(setting)


def test_the_engine_is_called_without_kernel_recording_or_a_foreign_configuration() -> None:
    line = command_line("rtpengine", 2223, ["10.0.0.5!203.0.113.9"], (30000, 40000), threads=1, real_time=False)
    assert {"--table=-1", "--config-file=none", "--foreground", "--listen-ng=127.0.0.1:2223"} <= set(line)
    assert "--interface=10.0.0.5/10.0.0.5!203.0.113.9" in line
    assert not any("recording" in word or "redis" in word or "scheduling" in word for word in line)


def test_packets_go_first_where_the_kernel_allows_it_and_housekeeping_does_not() -> None:
    line = command_line("rtpengine", 2223, ["10.0.0.5"], (30000, 40000), threads=3, real_time=True)
    assert {"--scheduling=rr", "--priority=1", "--idle-scheduling=other", "--num-threads=3"} <= set(line)


def test_a_core_stays_for_signalling_where_there_is_more_than_one() -> None:
    assert [thread_count(cores) for cores in (1, 2, 8)] == [1, 1, 7]


def test_asking_the_kernel_leaves_us_as_we_were() -> None:
    may_be_real_time()
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_the_address_that_faces_somebody() -> None:
    assert local_address("127.0.0.1") == "127.0.0.1"
    assert local_address("not an address") == ""
