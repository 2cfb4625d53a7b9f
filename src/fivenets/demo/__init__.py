"""The demo: one page with a tab for each thing that a model does, in a browser. `page` is the page,
`server` how it is reached; a task's tabs are in the module named like its folder."""
