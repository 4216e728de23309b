// The picture: prepared before it leaves the device (upright, not larger than needed, without location data), and shown.

const MAX_SIDE = 3000; // pixels; the server looks at no more than 4096
const LONG = 2.5; // times its width: looked at in parts, so that it keeps its small text
const LONG_SIDE = 16_000, LONG_PIXELS = 16_000_000; // the largest canvas of a phone
const SMALL_BYTES = 200_000;

export async function prepare(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // this browser can't open it (HEIC, perhaps): the server may, or says what is wrong
  }
  try {
    const scale = scaleOf(bitmap.width, bitmap.height);
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const exact = file.size < SMALL_BYTES || (file.type === "image/png" && scale === 1); // drawings stay exact
    const kind = exact ? "image/png" : "image/jpeg";
    return (await new Promise((resolve) => canvas.toBlob(resolve, kind, 0.92))) ?? file;
  } finally {
    bitmap.close();
  }
}

function scaleOf(width, height) {
  const longest = Math.max(width, height);
  if (longest < LONG * Math.min(width, height)) return Math.min(1, MAX_SIDE / longest);
  return Math.min(1, LONG_SIDE / longest, Math.sqrt(LONG_PIXELS / (width * height)));
}

const preview = document.getElementById("preview");

export function showPicture(blob) {
  URL.revokeObjectURL(preview.src);
  preview.src = URL.createObjectURL(blob);
  preview.hidden = false;
  preview.onerror = () => { preview.hidden = true; };
}

export function hidePicture() {
  URL.revokeObjectURL(preview.src);
  preview.hidden = true;
  preview.removeAttribute("src");
}
