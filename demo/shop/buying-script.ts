/**
 * What a shop's page does so that points appear in the frame at once: it sends the purchase to the shop's own server, which
 * reports it to Laurel, and then tells the frame to look. Without it the form is posted, and the page comes back.
 */
export const buyingScript = `
const bought = document.getElementById("bought");
const frame = document.querySelector("iframe");
let isBuying = false;

addEventListener("submit", async (event) => {
  if (!event.target.matches(".buy")) return;
  event.preventDefault();
  if (isBuying) return;
  isBuying = true;
  event.submitter.setAttribute("aria-busy", "true");
  say("", ""); // so that the same words are news again
  try {
    const answer = await fetch("/buy", {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(event.target, event.submitter)),
    });
    if (answer.status === 401) return location.assign("/sign-in");
    const { thanks, earned } = await answer.json();
    say(thanks, earned);
    // Only Laurel is to read it: the address of the frame names its origin.
    frame?.contentWindow.postMessage({ type: "refresh" }, new URL(frame.src).origin);
  } catch {
    say("That did not go through. Please check your connection, and try again.", "");
  } finally {
    isBuying = false;
    event.submitter.removeAttribute("aria-busy");
  }
});

function say(thanks, earned) {
  bought.querySelector("span").textContent = thanks;
  bought.querySelector("b").textContent = earned;
}
`;
