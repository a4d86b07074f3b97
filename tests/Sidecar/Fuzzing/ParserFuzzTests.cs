using System.Text;
using System.Text.Json;
using DaprShop.Tests.Configuration;
using FsCheck.Fluent;
using Sidecar.Components.PubSub;
using Sidecar.Configuration;
using Sidecar.Expressions;
using Sidecar.PubSub.Delivery;
using Sidecar.PubSub.Outbox;
using Sidecar.PubSub.Publishing;
using Sidecar.PubSub.Subscriptions;

namespace DaprShop.Tests.Fuzzing;

/// <summary>What clients and files may hold: every parser takes it or refuses it in its own words, and never anything else.</summary>
public sealed class ParserFuzzTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    private static readonly string[] Events =
    [
        """{"specversion":"1.0","type":"t","source":"s","id":"1","datacontenttype":"application/json","data":{"n":1.50,"list":[1,2,{"a":null}]},"traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","tracestate":"a=b"}""",
        """{"id":7,"traceparent":{"x":1},"tracestate":[],"traceid":true,"expiration":"2020-01-01T00:00:00Z","data_base64":"AAEC"}""",
        """{"data":"\ud83d\ude00 \u0000 text","time":"soon","topic":null,"pubsubname":3}""",
        "[1,2]",
        "plain text",
    ];

    [Fact]
    public void CloudEvent_AnyBytes_AreWrappedDeliveredOrRefused() => Fuzz.Run(
        from data in Fuzz.Bytes(
            [.. Events.Select(Encoding.UTF8.GetBytes)],
            [.. ((string[])["\"traceparent\":", "{", "[[[[[[[[", "\"id\":", "null", "1e999", "\\u0000", "\\ud800", ",", "\"\":"]).Select(Encoding.UTF8.GetBytes)])
        from type in Gen.Elements("application/cloudevents+json", "application/json", "text/plain", "application/octet-stream", "", "a/b;c", "application/cloudevents+json; charset=utf-16")
        from isRaw in Gen.Elements(true, false)
        select (data, type, isRaw),
        input =>
        {
            var metadata = new Dictionary<string, string> { ["ttlInSeconds"] = "5" };
            byte[] envelope;
            try
            {
                envelope = CloudEventEnvelope.Build(
                    new PublishedEvent("pubsub", "topic", input.data, input.type, metadata, "app", "id", "", "", Now), expires: true);
            }
            catch (CloudEventException)
            {
                // Refused before anything is sent; the bytes themselves may still come from a broker.
                envelope = input.data;
            }

            try
            {
                using var received = ReceivedEvent.Read(
                    new IncomingMessage("topic", envelope, null, new Dictionary<string, string>()), "pubsub", input.isRaw, () => "id");
                _ = received.HasExpired(Now);
                _ = received.Id;
                using var delivered = JsonDocument.Parse(received.Body, new JsonDocumentOptions { MaxDepth = 1_000 });
                Assert.Equal(JsonValueKind.Object, delivered.RootElement.ValueKind);
            }
            catch (UnreadableEventException)
            {
                Assert.False(input.isRaw, "any bytes are a raw message");
            }
        });

    [Fact]
    public void Answer_OfAnyBytes_IsAVerdict() => Fuzz.Run(
        Fuzz.Bytes(
            [.. ((string[])["""{"status":"RETRY"}""", """{"status":"DROP","more":[1]} rest""", """{"STATUS":null}""", "ok"]).Select(Encoding.UTF8.GetBytes)],
            [.. ((string[])["\\ud800", "\"status\":", "{", "null", "\"SUCCESS\""]).Select(Encoding.UTF8.GetBytes)]),
        body => Assert.True(System.Enum.IsDefined(AppAnswer.Judge(200, body).Verdict)));

    [Fact]
    public void AnswerToABatch_OfAnyBytes_IsAVerdictForEachEntry()
    {
        BatchEntry[] batch = [Entry("1"), Entry("2")];
        Fuzz.Run(
            Fuzz.Bytes(
                [.. ((string[])["""{"statuses":[{"entryId":"1","status":"SUCCESS"},{"entryId":"2","status":"DROP"}]}""", """{"STATUSES":null}""", "ok"]).Select(Encoding.UTF8.GetBytes)],
                [.. ((string[])["\\ud800", "\"entryId\":", "\"status\":", "{", "[", "null"]).Select(Encoding.UTF8.GetBytes)]),
            body => Assert.Equal(batch.Length, BatchAnswer.Judge(200, body, batch).Count));
    }

    [Fact]
    public void OutboxEvent_OfAnyJson_HasData() => Fuzz.Run(
        from value in Gen.Elements("\"text\"", "\"\\ud800\"", "\"\xff\"", "{\"\\udfff\":1}", "null", "1e999")
        from type in Gen.Elements(null, "", "text/plain", "application/json", "APPLICATION/JSON")
        select (Value: Encoding.Latin1.GetBytes(value), type),
        input => Assert.NotEmpty(new OutboxOperation("k", input.Value, IsJson: true, input.type, new Dictionary<string, string>()).EventData().ToArray()));

    [Fact]
    public void Expression_AnyText_HasAValueOrIsRefused()
    {
        string[] events = [.. Events.Take(3), """{"type":"\ud800","\udc00":1,"id":{"\ud800":[1e400,-0,18446744073709551616]},"data":{"list":[null,null,{"a":"\udfff"}]}}"""];
        Fuzz.Run(
            from json in Gen.Elements(events)
            from text in Fuzz.Texts(
                [
                    """event.type == "t" && event.data.n > 1.0""", """!(event.id in ["1", '2']) || event.source != 's'""",
                    """event.type.startsWith("t") && event.type.matches("^t+$") && size(event.id) < 5""", """has(event.data.list) && event.data.list[2].a == null""",
                    """int(event.id) % 2 == 1 ? true : false""", """event["type"] == b"t" """, "true", "", "((((((((true))))))))",
                ],
                "event", ".", "(", ")", "[", "]", "&&", "||", "!", "==", "in", "\"", "'", "\\", "0x", "1u", "9223372036854775808", "-", "?", ":", "true", "null", "size(", "matches(")
            select (json, text),
            input =>
            {
                using var document = JsonDocument.Parse(input.json);
                Condition condition;
                try
                {
                    condition = Condition.Parse(input.text, EventCondition.Variables);
                }
                catch (ExpressionException refusal)
                {
                    Assert.NotEmpty(refusal.Message);
                    return;
                }

                condition.Holds(_ => document.RootElement, out _);
            });
    }

    [Fact]
    public void Resource_AnyText_IsReadOrItsMistakesAreListed() => Fuzz.Run(
        Fuzz.Texts(
            [
                """
                apiVersion: dapr.io/v1alpha1
                kind: Component
                metadata: { name: store }
                spec:
                  type: state.in-memory
                  version: v1
                  initTimeout: 5s
                  metadata:
                    - { name: keyPrefix, value: "none" }
                    - name: secret
                      secretKeyRef: { name: a, key: b }
                scopes: [app]
                """,
                """
                apiVersion: dapr.io/v2alpha1
                kind: Subscription
                metadata: { name: orders }
                spec:
                  pubsubname: pubsub
                  topic: orders
                  routes:
                    rules: [{ match: 'event.type == "t"', path: /t }]
                    default: /orders
                  deadLetterTopic: poison
                  bulkSubscribe: { enabled: true, maxMessagesCount: 10 }
                """,
                """
                apiVersion: dapr.io/v1alpha1
                kind: Resiliency
                metadata: { name: r }
                spec:
                  policies:
                    timeouts: { short: 1s }
                    retries: { often: { policy: exponential, maxInterval: 15s, maxRetries: 10 } }
                    circuitBreakers: { cb: { maxRequests: 1, timeout: 30s, trip: consecutiveFailures > 5 } }
                  targets:
                    apps: { order: { timeout: short, retry: often, circuitBreaker: cb } }
                ---
                apiVersion: dapr.io/v1alpha1
                kind: Configuration
                metadata: { name: c }
                spec: { tracing: { samplingRate: "1" }, features: [{ name: ActorStateTTL, enabled: true }] }
                """,
            ],
            "---\n", ": ", "- ", "{", "}", "[", "]", "&a ", "*a", "!!binary ", "<<: *a", "|\n", ">-\n", "'", "\"", "\t", "#", "null", "~", "0x1F", ".inf", "\n  "),
        text =>
        {
            var loaded = LoadedResources.Load(("fuzz.yaml", text));
            Assert.All(loaded.Errors, mistake => Assert.NotEmpty(mistake));
        });

    private static BatchEntry Entry(string id) => new(id, new IncomingMessage("t", default, null, new Dictionary<string, string>()), default, "/t");
}
