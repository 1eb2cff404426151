"""Pages that join apps: they read, call one service, and render. No models."""
