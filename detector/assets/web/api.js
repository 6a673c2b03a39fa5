// What is asked of the service, and what it says.

export class Failure extends Error {}

export async function ask(path, body, type = "application/json") {
  let response;
  try {
    response = await fetch(path, body === undefined ? {} : { method: "POST", body, headers: { "Content-Type": type } });
  } catch {
    throw new Failure("The service does not answer. Is it still running?");
  }
  if (!response.ok) throw new Failure(await reason(response));
  return response;
}

async function reason(response) {
  try {
    const { error } = await response.json();
    return sentence(error.message);
  } catch {
    return `The service answered ${response.status}.`;
  }
}

export function sentence(words) {
  return words.charAt(0).toUpperCase() + words.slice(1) + (words.endsWith(".") ? "" : ".");
}
