using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using DaprShop.Reliability.Checking;
using DaprShop.Reliability.Evidence;

namespace DaprShop.Reliability.Drills;

/// <summary>Messages that the shop did not send, or sent once.</summary>
internal static class Messages
{
    private const string Notification = "orders-to-notification";
    private const string Shipments = "orders-to-order";

    /// <summary>What is no event becomes one in the sidecar, of a type that nobody acts on.</summary>
    private static readonly (string ContentType, string Body)[] NoEvents =
    [
        ("application/json", "{ this is no JSON"),
        ("application/json", "[]"),
        ("application/json", "null"),
        ("text/plain", "hello"),
        ("text/plain", new string('x', 300_000)),
    ];

    /// <summary>By the consumers that act on its type when it comes as an order's event. Types that nobody knows are taken and left.</summary>
    private static readonly (string Event, string[] RefusedBy)[] Events =
    [
        (""" "type":"com.daprshop.order.confirmed.v1","data":{}""", [Notification, Shipments]),
        (""" "type":"com.daprshop.order.confirmed.v99","data":{"orderId":1}""", []),
        (""" "type":"com.daprshop.order.cancelled.v1","data":{"orderId":["a"],"userId":{}}""", [Notification]),
        (""" "type":"com.daprshop.order.confirmed.v1","traceparent":17,"data":"text" """, [Notification, Shipments]),
        (""" "type":"nobody.knows.v1","data":{"deep":[[[[[[[[[[]]]]]]]]]]}""", []),
    ];

    /// <summary>Through the sidecar of the order service, to the topics that others read.</summary>
    public static async Task PoisonAsync(DrillContext context)
    {
        using var http = new HttpClient();
        foreach (var topic in (string[])["orders", "payments"])
        {
            foreach (var (contentType, body) in NoEvents)
            {
                await SendAsync(context, http, topic, contentType, body, new Poison("", []));
            }

            foreach (var (n, (text, refusedBy)) in Events.Index())
            {
                var id = string.Create(CultureInfo.InvariantCulture, $"poison-{topic}-{n}");
                var body = $$"""{"specversion":"1.0","id":"{{id}}","source":"drill",{{text}}}""";
                await SendAsync(context, http, topic, "application/cloudevents+json", body, new Poison(id, topic == "orders" ? refusedBy : []));
            }
        }
    }

    private static async Task SendAsync(DrillContext context, HttpClient http, string topic, string contentType, string body, Poison poison)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        using var answer = await http.PostAsync(new Uri($"{context.Shop.Sidecar("order")}/v1.0/publish/pubsub/{topic}"), content, context.CancellationToken);

        // What the sidecar refused went nowhere.
        if (answer.IsSuccessStatusCode)
        {
            context.Poisoned(poison, topic);
        }

        await context.PauseAsync(100);
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
