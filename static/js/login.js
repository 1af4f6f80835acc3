/** The login page: sends the password as JSON, since the server takes no other form from anybody. */

const form = document.getElementById("login");
const problem = document.getElementById("login-problem");

/**
 * @param {string} password
 * @param {string} next
 * @returns {Promise<{next: string} | {problem: string}>}
 */
async function logIn(password, next) {
  try {
    const response = await fetch("/login", {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ password, next }),
    });
    const answer = await response.json();
    return response.ok ? answer : { problem: answer.error.message };
  } catch {
    return { problem: "The server cannot be reached." };
  }
}

if (form instanceof HTMLFormElement && problem) {
  const field = form.elements.namedItem("password");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!(field instanceof HTMLInputElement) || !button) return;
    problem.textContent = "";
    button.disabled = true;
    const answer = await logIn(field.value, form.dataset.next ?? "/");
    if ("next" in answer) {
      // What followed # was never sent to the server; the redirect to this page has kept it.
      location.assign(answer.next + location.hash);
      return;
    }
    button.disabled = false;
    problem.textContent = answer.problem;
    field.select();
  });
}
