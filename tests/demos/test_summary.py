"""The summary of the trajectory demo, in English and in Chinese."""

import re

import numpy as np
import pytest

from demos.__main__ import main
from demos._shared.summary import WORDS, width
from linreg_np import Trajectory


def printed(capsys, tmp_path, *argv):
    main(["trajectory", *argv, "--out", str(tmp_path)])
    return capsys.readouterr().out


@pytest.mark.parametrize("data", ["example", "houses"])
def test_both_languages_give_the_same_numbers(capsys, tmp_path, data):
    """In the same columns, a Chinese character being two wide; in Chinese no English is left."""
    en, zh = (printed(capsys, tmp_path, "--data", data, "--lang", lang) for lang in WORDS)
    rows_en, rows_zh = (text.splitlines()[-3:] for text in (en, zh))
    assert [row.split()[-4:] for row in rows_en] == [row.split()[-4:] for row in rows_zh]
    assert len({width(row) for row in zh.splitlines()[-4:]}) == 1
    assert re.findall("[A-Za-z]{2,}", zh.partition("\n")[2]) == []


@pytest.mark.parametrize("b", [None, [0, 0]])
@pytest.mark.parametrize("d", [2, 9])
def test_a_log_is_told_in_chinese(capsys, tmp_path, d, b):
    """Its first and last point, and what it does not hold."""
    file = tmp_path / "1.log"
    Trajectory(np.ones((2, d)), b, np.ones((2, d))).write_log(file)
    true = ["--true", "2", "-3.4"] if d == 2 else []
    out = printed(capsys, tmp_path, "--log", str(file), *true, "--lang", "zh")
    assert f"{file}：2 个点，{d} 个权重\n首点" in out
    assert "打印的日志里没有数据" in out
    assert ("文件中没有偏置" in out) == (b is None)
    assert ("（由你给出）" in out) == (d == 2)
    assert ("（共 9 个）" in out) == (d == 9)


def test_both_languages_have_words_for_the_same_things():
    """With the same numbers put in."""
    assert list(WORDS["en"]) == list(WORDS["zh"])
    for key, words in WORDS["en"].items():
        assert words.count("{}") == WORDS["zh"][key].count("{}")
