// A photo to search by: chosen, dropped, pasted or taken; shrunk here, which also removes where it was taken.

import { PageError } from "./http.js";

const MAX_SIDE = 1024; // pixels; the embedder looks at fewer
const file = document.getElementById("file");
const dialog = document.getElementById("camera-dialog");
const viewfinder = document.getElementById("viewfinder");
let onPhoto = () => {};
let onProblem = () => {};
let stream = null;

export function whenPhoto(photo, problem) {
  onPhoto = photo;
  onProblem = problem;
}

async function take(source) {
  try {
    onPhoto(await shrunk(source));
  } catch (error) {
    onProblem(error);
  }
}

async function shrunk(source) {
  if (source.type && !source.type.startsWith("image/")) {
    throw new PageError(`The file is ${source.type}, not a picture.`, "Choose a photo.");
  }
  let bitmap;
  try {
    bitmap = await createImageBitmap(source, { imageOrientation: "from-image" });
  } catch {
    return source; // this browser can't open it (HEIC, perhaps): the server may, or says what is wrong
  }
  return drawn(bitmap, bitmap.width, bitmap.height);
}

async function drawn(picture, width, height) {
  const scale = Math.min(1, MAX_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close?.();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
}

file.onchange = () => {
  if (file.files[0]) take(file.files[0]);
  file.value = "";
};

document.getElementById("choose").onclick = () => {
  file.removeAttribute("capture");
  file.click();
};

document.getElementById("camera").onclick = async () => {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch {
    file.setAttribute("capture", "environment"); // no camera for pages here: the device's own, or a file
    file.click();
    return;
  }
  viewfinder.srcObject = stream;
  dialog.showModal();
  await viewfinder.play();
};

document.getElementById("shoot").onclick = async () => {
  const photo = await drawn(viewfinder, viewfinder.videoWidth, viewfinder.videoHeight);
  dialog.close();
  onPhoto(photo);
};
document.getElementById("camera-cancel").onclick = () => dialog.close();
dialog.addEventListener("close", () => {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  viewfinder.srcObject = null;
});

let depth = 0;
const carriesFile = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", (event) => {
  if (!carriesFile(event)) return;
  depth += 1;
  document.body.dataset.dropping = "";
});
addEventListener("dragleave", (event) => {
  if (!carriesFile(event)) return;
  depth = Math.max(0, depth - 1);
  if (!depth) delete document.body.dataset.dropping;
});
addEventListener("dragover", (event) => carriesFile(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!carriesFile(event)) return;
  event.preventDefault();
  depth = 0;
  delete document.body.dataset.dropping;
  if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
});
addEventListener("paste", (event) => {
  const pasted = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
  if (!pasted) return;
  event.preventDefault();
  take(pasted);
});
