// The viewer of the HTTP API, at openapi.json beside it.

import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "./style.css";
import "./viewer.css";

// The viewer's dark looks hang on a class.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);

SwaggerUI({
  domNode: document.getElementById("api"),
  url: new URL("openapi.json", location.href).href,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  docExpansion: "list",
  // A token is kept by nobody but this page.
  persistAuthorization: false,
  // The default one is too faint for what it has in red.
  syntaxHighlight: { activated: true, theme: "tomorrow-night" },
  // No validator of others is told about this description.
  validatorUrl: null,
});
