"""The page: a tab for each thing that a model does. Needs Gradio."""

import gradio as gr  # pyright: ignore[reportMissingImports]

from fivenets.demo import tabs
from fivenets.demo.widgets import told

TITLE = "fivenets"


def build() -> gr.Blocks:
    """The page. No model is loaded and no task imported before somebody asks."""
    # No message of its use goes anywhere.
    with gr.Blocks(title=TITLE, analytics_enabled=False) as page:
        gr.Markdown("# fivenets\nThe course's networks on your own pictures.")
        with gr.Tabs():
            said = [tab.draw() for tab in tabs.everyone()]
        # The registry takes seconds to answer, and the page does not wait for it.
        page.load(told(_said), outputs=said, show_progress="hidden", api_visibility="private")
    return page


def _said() -> list[str]:
    """What each tab says of its model."""
    return [tabs.about_model(tab.model) for tab in tabs.everyone()]
