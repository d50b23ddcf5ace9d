// Health check of the image: exit code 0 when this node answers 200 on /health, or on the path that is
// given, where its own setting says that it listens. The base image has no HTTP client, so the check is a few lines of Node.
import { get } from "node:http";

const port = /:(\d+)$/.exec(process.env.ENGINE_HTTP_BIND_ADDRESS ?? "")?.[1] ?? "8080";
const path = process.argv[2] ?? "/health";
const request = get({ host: "127.0.0.1", port, path, timeout: 1_500 }, (response) => {
  response.resume();
  process.exit(response.statusCode === 200 ? 0 : 1);
});
request.on("timeout", () => request.destroy(new Error("no answer in time")));
request.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
