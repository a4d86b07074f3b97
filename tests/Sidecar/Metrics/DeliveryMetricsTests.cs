using System.Text.Json;
using DaprShop.Tests.Wire;

namespace DaprShop.Tests.Metrics;

/// <summary>What becomes of messages and of jobs, as the metrics tell it.</summary>
public sealed class DeliveryMetricsTests
{
    private const string Ingress = "dapr_component_pubsub_ingress_count{app_id=\"app\",component=\"broker\",namespace=\"default\",";
    private const string Bulk = "app_id=\"app\",component=\"broker\",namespace=\"default\",";

    [Fact]
    public async Task Deliveries_AreCountedByWhatTheAppSaid()
    {
        const string Subscriptions = """
            [{"pubsubname":"broker","topic":"ok","route":"/ok"},{"pubsubname":"broker","topic":"drop","route":"/drop"},
             {"pubsubname":"broker","topic":"lost","route":"/lost"},{"pubsubname":"broker","topic":"bad","route":"/bad"},
             {"pubsubname":"broker","topic":"none","routes":{"rules":[{"match":"event.type == 'x'","path":"/ok"}]}}]
            """;
        await using var app = await FakeApp.StartAsync(request => request.Target switch
        {
            "/dapr/subscribe" => new AppAnswer(200, Subscriptions),
            "/ok" => new AppAnswer(200),
            "/drop" => new AppAnswer(200, """{"status":"DROP"}"""),
            "/bad" => new AppAnswer(500),
            _ => new AppAnswer(404),
        });
        await using var sidecar = await StartAsync(app);

        foreach (var topic in (string[])["ok", "ok", "drop", "lost", "bad", "none"])
        {
            Assert.Equal("204", await sidecar.Http.SendTextAsync("POST", $"/v1.0/publish/broker/{topic}", "{}"));
        }

        await MetricsPage.ShowsAsync(
            sidecar,
            Ingress + "process_status=\"success\",status=\"success\",topic=\"ok\"} 2",
            Ingress + "process_status=\"drop\",status=\"success\",topic=\"drop\"} 1",
            Ingress + "process_status=\"drop\",status=\"drop\",topic=\"lost\"} 1",
            Ingress + "process_status=\"retry\",status=\"retry\",topic=\"bad\"} 1",
            Ingress + "process_status=\"drop\",status=\"success\",topic=\"none\"} 1",
            "dapr_component_pubsub_ingress_latencies_count{app_id=\"app\",component=\"broker\",namespace=\"default\",process_status=\"success\",status=\"success\",topic=\"ok\"} 2");
    }

    [Fact]
    public async Task Batches_AreCountedWithTheirEntries()
    {
        const string Subscriptions = """
            [{"pubsubname":"broker","topic":"t","route":"/t","bulkSubscribe":{"enabled":true,"maxMessagesCount":3,"maxAwaitDurationMs":600000}}]
            """;
        await using var app = await FakeApp.StartAsync(request => request.Target switch
        {
            "/dapr/subscribe" => new AppAnswer(200, Subscriptions),
            "/t" => new AppAnswer(200, Answer(request.Text)),
            _ => new AppAnswer(404),
        });
        await using var sidecar = await StartAsync(app);

        await sidecar.Http.SendTextAsync(
            "POST",
            "/v1.0/publish/bulk/broker/t",
            """[{"entryId":"a","event":"1","contentType":"text/plain"},{"entryId":"b","event":"2","contentType":"text/plain"},{"entryId":"c","event":"3","contentType":"text/plain"}]""");

        var lines = await MetricsPage.ShowsAsync(
            sidecar,
            $"dapr_component_pubsub_ingress_bulk_count{{{Bulk}process_status=\"\",topic=\"t\"}} 1",
            $"dapr_component_pubsub_ingress_bulk_event_count{{{Bulk}process_status=\"SUCCESS\",topic=\"t\"}} 2",
            $"dapr_component_pubsub_ingress_bulk_event_count{{{Bulk}process_status=\"DROP\",topic=\"t\"}} 1",
            $"dapr_component_pubsub_egress_bulk_count{{{Bulk}success=\"true\",topic=\"t\"}} 1",
            $"dapr_component_pubsub_egress_bulk_event_count{{{Bulk}success=\"\",topic=\"t\"}} 3");
        Assert.DoesNotContain(lines, line => line.StartsWith("dapr_component_pubsub_egress_count", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Jobs_AreCountedByWhetherTheAppTookThem()
    {
        await using var app = await FakeApp.StartAsync(request => new AppAnswer(request.Target == "/job/known" ? 200 : 404));
        await using var sidecar = await StartAsync(app);

        await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/known", """{"dueTime":"1ms"}""");
        await sidecar.Http.SendTextAsync("POST", "/v1.0/jobs/unknown", """{"dueTime":"1ms"}""");

        await MetricsPage.ShowsAsync(
            sidecar,
            "dapr_component_job_success_count{app_id=\"app\",namespace=\"default\",operation=\"job_trigger_op\"} 1",
            "dapr_component_job_failure_count{app_id=\"app\",namespace=\"default\",operation=\"job_trigger_op\"} 1",
            "dapr_component_job_latencies_count{app_id=\"app\",namespace=\"default\",operation=\"job_trigger_op\",success=\"false\"} 1");
    }

    // The first and the second are taken, the third is dropped.
    private static string Answer(string batch)
    {
        using var document = JsonDocument.Parse(batch);
        var statuses = document.RootElement.GetProperty("entries").EnumerateArray()
            .Select((entry, index) => new { entryId = entry.GetProperty("entryId").GetString(), status = index == 2 ? "DROP" : "SUCCESS" });
        return JsonSerializer.Serialize(new { statuses });
    }

    private static Task<RunningSidecar> StartAsync(FakeApp app) => RunningSidecar.StartAsync(new SidecarSetup
    {
        App = app,
        Resources = [Yaml.Component("broker", "pubsub.in-memory"), Yaml.Component("store", "state.in-memory", ("actorStateStore", "true"))],
        Options = options => options with { MetricsPort = FreePorts.Two().First },
    });
}
