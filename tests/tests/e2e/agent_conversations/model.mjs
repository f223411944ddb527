// Imitates the APIs of model providers; every answer is the same sentence.
import http from 'node:http';
const text = 'remembered';
const events = list => list.map(([event, data]) => `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`).join('');
const anthropic = model => events([
  ['message_start', {type: 'message_start', message: {id: 'msg_1', type: 'message', role: 'assistant', model, content: [], stop_reason: null, stop_sequence: null, usage: {input_tokens: 1, output_tokens: 1}}}],
  ['content_block_start', {type: 'content_block_start', index: 0, content_block: {type: 'text', text: ''}}],
  ['content_block_delta', {type: 'content_block_delta', index: 0, delta: {type: 'text_delta', text}}],
  ['content_block_stop', {type: 'content_block_stop', index: 0}],
  ['message_delta', {type: 'message_delta', delta: {stop_reason: 'end_turn', stop_sequence: null}, usage: {output_tokens: 1}}],
  ['message_stop', {type: 'message_stop'}]]);
const item = {type: 'message', id: 'i1', role: 'assistant', status: 'completed', content: [{type: 'output_text', text, annotations: []}]};
const usage = {input_tokens: 1, output_tokens: 1, total_tokens: 2, input_tokens_details: {cached_tokens: 0}, output_tokens_details: {reasoning_tokens: 0}};
const responses = () => events([
  ['response.created', {type: 'response.created', response: {id: 'r1', status: 'in_progress', output: []}}],
  ['response.output_item.added', {type: 'response.output_item.added', output_index: 0, item: {...item, status: 'in_progress', content: []}}],
  ['response.output_text.delta', {type: 'response.output_text.delta', item_id: 'i1', output_index: 0, content_index: 0, delta: text}],
  ['response.output_item.done', {type: 'response.output_item.done', output_index: 0, item}],
  ['response.completed', {type: 'response.completed', response: {id: 'r1', status: 'completed', output: [item], usage}}]]);
const chat = model => events([
  ['', {id: 'c1', object: 'chat.completion.chunk', created: 1, model, choices: [{index: 0, delta: {role: 'assistant', content: text}, finish_reason: null}]}],
  ['', {id: 'c1', object: 'chat.completion.chunk', created: 1, model, choices: [{index: 0, delta: {}, finish_reason: 'stop'}], usage: {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2}}],
  ['', '[DONE]']]);
const gemini = {candidates: [{content: {role: 'model', parts: [{text}]}, finishReason: 'STOP', index: 0}], usageMetadata: {promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2}};
http.createServer((request, response) => {
  let body = '';
  request.on('data', part => { body += part; });
  request.on('end', () => {
    const asked = (() => { try { return JSON.parse(body); } catch { return {}; } })();
    const path = request.url.split('?')[0];
    const stream = body => { response.writeHead(200, {'content-type': 'text/event-stream'}); response.end(body); };
    const json = body => { response.writeHead(200, {'content-type': 'application/json'}); response.end(JSON.stringify(body)); };
    if (path.endsWith('/messages')) return asked.stream ? stream(anthropic(asked.model)) : json({id: 'msg_1', type: 'message', role: 'assistant', model: asked.model, content: [{type: 'text', text}], stop_reason: 'end_turn', stop_sequence: null, usage: {input_tokens: 1, output_tokens: 1}});
    if (path.endsWith('/responses')) return stream(responses());
    if (path.endsWith('/chat/completions')) return asked.stream ? stream(chat(asked.model)) : json({id: 'c1', object: 'chat.completion', created: 1, model: asked.model, choices: [{index: 0, message: {role: 'assistant', content: text}, finish_reason: 'stop'}], usage: {prompt_tokens: 1, completion_tokens: 1, total_tokens: 2}});
    if (path.includes(':streamGenerateContent')) return stream(events([['', gemini]]));
    if (path.includes(':generateContent')) return json(gemini);
    if (path.includes(':countTokens')) return json({totalTokens: 1});
    json({data: [], models: [], input_tokens: 1});
  });
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'));
