// Prints all that a page sees of a response.
const [url, token] = process.argv.slice(2);
fetch(url, { headers: { 'X-Api-Key': token, Range: 'bytes=0-99' } }).then(async (response) => {
  console.log(response.status, JSON.stringify([...response.headers]), await response.text());
});
