import "@mantine/core/styles.css";
import "@docmill/react/style.css";
import "./shell/styles.css";

import { MantineProvider } from "@mantine/core";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App";
import { ErrorBoundary } from "./shell/ErrorBoundary";
import { theme, variables } from "./shell/theme";

// The policy of the site allows the styles that carry this, and no other that are made at run time. The meta element is
// not the `nonce` attribute that browsers hide from scripts: no script but the page's own runs here.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";
setNonce(nonce);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <ErrorBoundary>
        <App />
      </ErrorBoundary>
    </MantineProvider>
  </StrictMode>,
);
