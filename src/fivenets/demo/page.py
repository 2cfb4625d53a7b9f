"""The page: a tab for each thing that a model does. Needs Gradio."""

import gradio as gr  # pyright: ignore[reportMissingImports]  # the extra `demo`

from fivenets.demo import tabs
from fivenets.demo.widgets import told

TITLE = "fivenets"
# Sends no message of its use anywhere.
QUIET = {"analytics_enabled": False}


def build() -> gr.Blocks:
    """The page. No model is loaded and no task imported before somebody asks."""
    with gr.Blocks(title=TITLE, **QUIET) as page:
        gr.Markdown("# fivenets\nThe course's networks on your own pictures.")
        missing = gr.Markdown()
        with gr.Tabs():
            for tab in tabs.everyone():
                tab.draw()
        # The registry takes seconds to answer, and the page does not wait for it. (Tabs cannot be
        # hidden by then: this Gradio ignores it.)
        page.load(told(_missing), outputs=missing, show_progress="hidden", api_name=False)
    return page


def _missing() -> str:
    """Which tabs have no model behind them, in words; nothing where all have."""
    without = [name for name, is_available in tabs.available().items() if not is_available]
    if not without:
        return ""
    return (
        f"No model is registered yet for: {', '.join(without)}. Run `make` in the project's folder."
    )
