using System.Net.Http.Headers;
using System.Text;
using DaprShop.Reliability.Evidence;

namespace DaprShop.Reliability.Drills;

/// <summary>Messages that the shop did not send, or sent once.</summary>
internal static class Messages
{
    private static readonly (string ContentType, string Body)[] Poison =
    [
        ("application/json", "{ this is no JSON"),
        ("application/json", "[]"),
        ("application/json", "null"),
        ("text/plain", "hello"),
        ("application/cloudevents+json", """{"specversion":"1.0","id":"p1","source":"drill","type":"com.daprshop.order.confirmed.v1","data":{}}"""),
        ("application/cloudevents+json", """{"specversion":"1.0","id":"p2","source":"drill","type":"com.daprshop.order.confirmed.v99","data":{"orderId":1}}"""),
        ("application/cloudevents+json", """{"specversion":"1.0","id":"p3","source":"drill","type":"com.daprshop.order.cancelled.v1","data":{"orderId":["a"],"userId":{}}}"""),
        ("application/cloudevents+json", """{"specversion":"1.0","id":"p4","source":"drill","type":"com.daprshop.order.confirmed.v1","traceparent":17,"data":"text"}"""),
        ("application/cloudevents+json", """{"specversion":"1.0","id":"p5","source":"drill","type":"nobody.knows.v1","data":{"deep":[[[[[[[[[[]]]]]]]]]]}}"""),
    ];

    /// <summary>Through the sidecar of the order service, to the topics that others read.</summary>
    public static async Task PoisonAsync(DrillContext context)
    {
        using var http = new HttpClient();
        foreach (var topic in (string[])["orders", "payments"])
        {
            foreach (var (contentType, body) in Poison.Append(("text/plain", new string('x', 300_000))))
            {
                using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
                content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
                using var answer = await http.PostAsync(new Uri($"{context.Shop.Sidecar("order")}/v1.0/publish/pubsub/{topic}"), content, context.CancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    context.Landed("poison", topic);
                }

                await context.PauseAsync(100);
            }
        }
    }

    /// <summary>Every entry of a stream once more, the newest first: the same messages with the same ids.</summary>
    /// <returns>How many.</returns>
    public static async Task<int> AgainAsync(int redisPort, string topic)
    {
        using var redis = await RedisReader.ConnectAsync(redisPort);
        var entries = redis.Stream(topic);
        foreach (var entry in entries.Reverse())
        {
            redis.Append(topic, entry);
        }

        return entries.Count;
    }
}
