/** The session of who is logged in: its end leads to the login page, and from there back to the same view. */

const BETWEEN = 5000; // ms between two looks whether it has ended
let leaving = false;
let looked = -BETWEEN;

/** Ask for the password again, and come back here. */
export function logInAgain() {
  if (leaving) return;
  leaving = true;
  const here = encodeURIComponent(location.pathname + location.search);
  location.assign(`/login?next=${here}${location.hash}`);
}

/** A socket that is refused does not say why: look whether it is the session. */
export async function lookAtSession() {
  if (document.body.dataset.login !== "yes" || performance.now() - looked < BETWEEN) return;
  looked = performance.now();
  try {
    const response = await fetch("/api/v1/runs?limit=1", { headers: { Accept: "application/json" } });
    if (response.status === 401) logInAgain();
  } catch {
    // The server is away, which the page says already.
  }
}

/** @param {HTMLElement | null} button */
export function bindLogout(button) {
  button?.addEventListener("click", async () => {
    await fetch("/logout", {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: "{}",
    }).catch(() => null);
    location.assign("/login");
  });
}
