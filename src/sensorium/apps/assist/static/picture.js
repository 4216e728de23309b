// A picture before it leaves the device: upright, not larger than needed, and without the place where it was taken.

const LONGEST = 3000; // pixels; the eyes of the server look at no more than 4096
const SMALL_BYTES = 200_000;

export async function prepared(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file; // a kind that this browser can't open, HEIC perhaps: the server may, or says what is wrong
  }
  try {
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const exact = file.size < SMALL_BYTES || (file.type === "image/png" && scale === 1); // drawings stay exact
    const kind = exact ? "image/png" : "image/jpeg";
    return (await new Promise((made) => canvas.toBlob(made, kind, 0.92))) ?? file;
  } finally {
    bitmap.close();
  }
}
