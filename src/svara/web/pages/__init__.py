"""The views, one module for each part of the app. Thin: read the request, call an action or an access function, render."""
