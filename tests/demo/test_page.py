"""The page builds, loads nothing, and is reached as it should be."""

import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from fivenets import cli
from fivenets.core.errors import UserError
from fivenets.demo import (
    classification,
    detection,
    faces,
    localisation,
    segmentation,
    server,
    style,
    tabs,
)
from fivenets.demo.examples import Examples
from fivenets.style import colours


@pytest.fixture
def gr() -> Any:
    return pytest.importorskip("gradio")


def ended(words: list[str], monkeypatch, capsys) -> tuple[Any, str]:
    monkeypatch.setattr(sys, "argv", ["fivenets", "demo", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    return caught.value.code, capsys.readouterr().err


def test_without_gradio_it_is_one_sentence_and_exit_code_2(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "gradio", None)
    monkeypatch.delitem(sys.modules, "fivenets.demo.page", raising=False)
    monkeypatch.delattr("fivenets.demo.page", raising=False)
    code, errors = ended(["--port", str(free_port())], monkeypatch, capsys)
    assert code == 2
    assert errors == ("error: the demo needs Gradio, which is not installed: run `make setup`\n")


def test_a_port_that_is_taken_is_one_sentence(monkeypatch, capsys) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = ended(["--port", str(port)], monkeypatch, capsys)
    assert code == 2
    assert errors.startswith(f"error: cannot listen on 127.0.0.1:{port}: ")
    assert errors.count("\n") == 1


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def test_pillow_opens_only_what_pictures_are_read_from() -> None:
    script = (
        "import io; from PIL import Image; from fivenets.demo.server import limit_formats\n"
        "limit_formats(); limit_formats()\n"
        "for kind in ('PNG', 'DDS'):\n"
        "    stream = io.BytesIO(); Image.new('RGB', (8, 8)).save(stream, kind)\n"
        "    try: print(Image.open(stream).format)\n"
        "    except Image.UnidentifiedImageError: print('refused')\n"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert printed.stdout.split() == ["PNG", "refused"], printed.stderr


def test_the_page_is_built_without_a_model_library_or_a_stub_of_gradio(gr) -> None:
    script = (
        "import sys; from fivenets import cli; from fivenets.demo.server import without_stubs\n"
        "stubs = []\n"
        "def hook(event, arguments):\n"
        "    if event == 'open' and str(arguments[0]).endswith('.pyi'): stubs.append(arguments)\n"
        "sys.addaudithook(hook)\n"
        "with without_stubs():\n"
        "    from fivenets.demo import page\n"
        "page.build()\n"
        "print(stubs, {'tensorflow', 'keras', 'mlflow'} & sys.modules.keys())\n"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert printed.stdout == "[] set()\n", printed.stderr


def test_the_page_has_a_tab_for_each_model_and_loads_none(gr, monkeypatch) -> None:
    from fivenets.demo import page

    for module, name in (
        (classification, "_classifier"),
        (localisation, "_locator"),
        (segmentation, "_segmenter"),
        (faces, "_faces"),
        (style, "_stylizer"),
        (tabs, "about_model"),
    ):
        monkeypatch.setattr(module, name, lambda: pytest.fail("asked before anybody did"))
    for model in detection.DETECTORS:
        monkeypatch.setitem(detection.DETECTORS, model, lambda: pytest.fail("asked before"))
    built = page.build()
    blocks: list[Any] = list(built.blocks.values())
    drawn = [block for block in blocks if isinstance(block, gr.Tab)]
    assert len(drawn) == len(tabs.everyone())
    names = {tab.label.lower() for tab in drawn}
    assert names <= {function.api_name for function in built.fns.values()}
    assert style.COLOURS == colours.COLOURS
    pictures = [block for block in blocks if isinstance(block, gr.Image)]
    given = [picture for picture in pictures if picture.interactive is not False]
    assert {(picture.type, picture.format) for picture in given} == {("pil", "png")}


def test_of_drawings_few_are_kept(gr) -> None:
    from fivenets.demo import widgets

    with gr.Blocks():
        drawing = gr.ImageEditor(**widgets.DRAWN_ON)

    def send(name: str, index: str) -> None:
        data = {"type": "layer", "index": index, "id": name}
        drawing.accept_blobs(SimpleNamespace(data=data, files=[("blob", b"drawn")]))

    for number in range(widgets.DRAWINGS + 3):
        send(str(number), "0")
    assert list(drawing.blob_storage) == [str(3 + n) for n in range(widgets.DRAWINGS)]
    send("9", "1000000000000")
    assert drawing.blob_storage["9"].layers == [b"drawn"]


def test_each_tab_says_which_model_answers(gr, monkeypatch) -> None:
    from fivenets.demo import page

    monkeypatch.setattr(tabs, "about_model", lambda model: f"this is {model}")
    assert page._said() == [f"this is {tab.model}" for tab in tabs.everyone()]


def test_an_example_that_browsers_cannot_show_is_turned_into_one_that_they_can(
    gr, tmp_path, monkeypatch
) -> None:
    from fivenets.demo import widgets

    (tmp_path / "data" / "raw").mkdir(parents=True)
    Image.new("L", (8, 8)).save(tmp_path / "data" / "raw" / "face.pgm")
    monkeypatch.chdir(tmp_path)
    with gr.Blocks() as page:
        widgets.examples(Examples({"face.pgm": "grey"}, "example_face.png"), gr.Image())
    [gallery] = [block for block in page.blocks.values() if isinstance(block, gr.Gallery)]
    suffixes = [Path(item["image"]["path"]).suffix for item in gallery.value]
    assert suffixes == [".webp", ".png"]


def test_a_mistake_stands_where_the_answer_would(gr, monkeypatch) -> None:
    from fivenets.demo import widgets

    infos: list[str] = []
    monkeypatch.setattr(gr, "Info", infos.append)

    def half(picture: Any) -> Any:
        yield "half", "painted"
        raise UserError("a picture is missing, not <b>")

    with gr.Blocks():
        outputs = [gr.Image(), gr.Markdown()]
    load = tabs.Loaded(lambda: "a model")
    found = list(widgets.asked(half, load, outputs)(None))
    assert found == [("half", "painted"), [None, "⚠️ **a picture is missing, not &lt;b&gt;**"]]
    assert len(infos) == 1
    load()
    assert list(widgets.asked(lambda _: "answer", load, outputs[1:])(None)) == ["answer"]
    assert len(infos) == 1, "it is loaded by now"


def test_a_mistake_is_told_on_the_page(gr) -> None:
    from fivenets.demo import widgets

    def refuse(_: Any) -> None:
        raise UserError("a picture is missing, not <b>")

    # Gradio takes it for HTML.
    with pytest.raises(gr.Error, match="a picture is missing, not &lt;b&gt;"):
        widgets.told(refuse)(None)


def test_it_listens_on_this_machine_only_unless_told_otherwise(gr, monkeypatch) -> None:
    from fivenets.demo import page

    launched: dict[str, Any] = {}

    class Page:
        def launch(self, **options: Any) -> None:
            launched.update(options)

    monkeypatch.setattr(page, "build", Page)
    monkeypatch.setattr(server, "limit_formats", lambda: None)
    monkeypatch.setattr(sys, "argv", ["fivenets", "demo", "--port", str(free_port())])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 0
    assert (launched["server_name"], launched["share"]) == ("127.0.0.1", False)
    assert launched["max_file_size"] == 10 * 1024**2
    [guard] = launched["app_kwargs"]["middleware"]
    assert guard.kwargs["largest"] == 10 * 1024**2
