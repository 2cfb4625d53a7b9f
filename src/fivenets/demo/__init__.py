"""The demo: one page with a tab per model, in a browser. `page` is what is seen, `answers` what is
done, and `server` how it is reached."""
