"""Where bytes come from: a mirror, a public host, a package, or the project itself."""
