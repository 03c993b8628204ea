import type { ClozeService } from "@cloze/edge/service";

export default {
  async fetch(request: Request, env: { CLOZE: ClozeService }): Promise<Response> {
    const { label } = await env.CLOZE.classify(await request.text());
    return new Response(label);
  },
};
