// Files on their way, kept in IndexedDB so that a reload does not lose a photo; in memory where that is refused.

const memory = new Map();
let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("sapa", 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore("files"));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
    request.addEventListener("blocked", () => reject(new Error("blocked")));
  });
  return opening;
}

async function act(mode, what) {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction("files", mode);
    const request = what(transaction.objectStore("files"));
    transaction.addEventListener("complete", () => resolve(request.result));
    transaction.addEventListener("error", () => reject(transaction.error));
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
}

export async function keepFiles(id, files) {
  memory.set(id, files);
  try {
    await act("readwrite", (store) => store.put(files, id));
  } catch {
    // memory has them
  }
}

// The files of a message, or null when they are gone.
export async function keptFiles(id) {
  if (memory.has(id)) return memory.get(id);
  try {
    return (await act("readonly", (store) => store.get(id))) ?? null;
  } catch {
    return null;
  }
}

export async function dropFiles(id) {
  memory.delete(id);
  try {
    await act("readwrite", (store) => store.delete(id));
  } catch {
    // nothing was kept
  }
}
