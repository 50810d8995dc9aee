// Streams one message and prints each event's type as it arrives.
const { default: Anthropic } = require("@anthropic-ai/sdk");

async function main() {
  const token = process.env.CLAUDE_CODE_OAUTH_TOKEN;
  const client = new Anthropic(token ? { authToken: token, maxRetries: 0 } : { maxRetries: 0 });
  const stream = await client.messages.create({
    model: "claude-sonnet-4-5", max_tokens: 100, stream: true,
    messages: [{ role: "user", content: "Say it slowly." }],
  });
  let text = "";
  for await (const event of stream) {
    if (event.type === "content_block_delta") text += event.delta.text;
    process.stdout.write(event.type + "\n");
  }
  process.stdout.write("text: " + text + "\n");
}

main().catch((err) => { console.error(err); process.exit(1); });
