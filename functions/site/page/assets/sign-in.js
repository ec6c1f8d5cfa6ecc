// The two ways in: e-mail and password where the installation has a user pool, a pasted token otherwise.

import { CodeNeeded, NewPasswordNeeded } from "./auth.js";
import { byId, showNotice } from "./dom.js";

/** Wires the forms; `onIn` is called when somebody is signed in. Gives back a function that shows them. */
export function signInForms(session, config, onIn) {
  const password = byId("password-form");
  const token = byId("token-form");
  const hasPool = Boolean(config.auth_endpoint);
  // What is asked of who has given the right password: the id of a field, and the session it belongs to.
  let challenge = null;
  const ask = (field, session) => {
    challenge = field && { field, session };
    for (const id of ["new-password", "code"]) byId(`${id}-field`).hidden = id !== field;
    if (field) byId(field).focus();
  };

  const choose = (withToken) => {
    password.hidden = withToken;
    token.hidden = !withToken;
    (withToken ? byId("token") : byId("email")).focus();
  };
  byId("issuer").textContent = config.issuer || "this installation's issuer";
  byId("to-token").onclick = () => choose(true);
  byId("to-password").onclick = () => choose(false);
  byId("to-password").parentElement.hidden = !hasPool;

  const submitting = (form, action) => {
    const button = form.querySelector("[type=submit]");
    const notice = form.querySelector("[role=alert]");
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (button.getAttribute("aria-disabled") === "true") return;
      showNotice(notice, null);
      button.setAttribute("aria-disabled", "true");
      try {
        await action();
        form.reset();
        onIn();
      } catch (error) {
        if (error instanceof NewPasswordNeeded) {
          ask("new-password", error.session);
        } else if (error instanceof CodeNeeded) {
          ask("code", error.session);
        } else {
          showNotice(notice, error.message);
        }
      } finally {
        button.removeAttribute("aria-disabled");
      }
    };
  };

  submitting(password, async () => {
    const email = byId("email").value.trim();
    if (!email || !byId("password").value) throw new Error("Please enter your e-mail address and your password.");
    if (challenge?.field === "new-password") {
      await session.signInWithNewPassword(email, byId("new-password").value, challenge.session);
    } else if (challenge) {
      await session.signInWithCode(email, byId("code").value.trim(), challenge.session);
    } else {
      await session.signIn(email, byId("password").value);
    }
    ask(null);
  });
  submitting(token, async () => session.useToken(byId("token").value.trim()));

  return (message) => {
    ask(null);
    byId("sign-in").hidden = false;
    choose(!hasPool);
    showNotice((hasPool ? password : token).querySelector("[role=alert]"), message);
  };
}
