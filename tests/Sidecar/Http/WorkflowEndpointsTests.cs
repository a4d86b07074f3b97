using System.Net;
using System.Text.Json;
using DaprShop.TestKit;
using DaprShop.Tests.Wire;
using DaprShop.Tests.Workflows;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;
using Sidecar.Workflows;
using static DaprShop.Tests.Workflows.Actions;

namespace DaprShop.Tests.Http;

public sealed class WorkflowEndpointsTests
{
    [Theory]
    [InlineData("v1.0")]
    [InlineData("v1.0-beta1")]
    [InlineData("v1.0-alpha1")]
    public async Task Workflow_WholeLife_AnswersAsTheContractSays(string version)
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(history => history.Raised("paid").Any() ? [Complete(0, history.Raised("paid").First())] : []);
        var (http, root) = (sidecar.Running.Http, $"/{version}/workflows/dapr");

        Assert.Equal((202, """{"instanceID":"o1"}"""), await PostAsync(http, $"{root}/saga/start?instanceID=o1", "{\"a\":1}"));
        Assert.Equal((202, ""), await PostAsync(http, $"{root}/o1/raiseEvent/paid", "\"yes\""));
        await sidecar.FinishedAsync("o1");
        var status = await http.GetAsync(new Uri($"{root}/o1", UriKind.Relative));
        using var body = JsonDocument.Parse(await status.Content.ReadAsStringAsync());
        Assert.Equal((HttpStatusCode.OK, "application/json"), (status.StatusCode, status.Content.Headers.ContentType?.ToString()));
        Assert.Equal(
            ["instanceID", "workflowName", "createdAt", "lastUpdatedAt", "runtimeStatus", "properties"],
            body.RootElement.EnumerateObject().Select(member => member.Name));
        Assert.Equal("COMPLETED", body.RootElement.GetProperty("runtimeStatus").GetString());
        Assert.Equal(
            """{"dapr.workflow.input":"{\"a\":1}","dapr.workflow.output":"\"yes\""}""", body.RootElement.GetProperty("properties").GetRawText());

        Assert.Equal((202, ""), await PostAsync(http, $"{root}/o1/purge"));
        Assert.Equal((404, NotFound("o1")), await GetAsync(http, $"{root}/o1"));
    }

    [Fact]
    public async Task Start_WithoutAnId_MakesOne()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();

        var (status, body) = await PostAsync(sidecar.Running.Http, "/v1.0/workflows/dapr/saga/start");

        using var answer = JsonDocument.Parse(body);
        var instanceId = answer.RootElement.GetProperty("instanceID").GetString()!;
        Assert.Equal((202, 36), (status, instanceId.Length));
        Assert.Equal(OrchestrationStatus.Pending, (await sidecar.StateAsync(instanceId))!.WorkflowStatus);
    }

    [Theory]
    [InlineData("instanceID=a.b", "ERR_INSTANCE_ID_INVALID")]
    [InlineData("instanceID=a%20b", "ERR_INSTANCE_ID_INVALID")]
    [InlineData("instanceID=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "ERR_INSTANCE_ID_TOO_LONG")]
    [InlineData("instanceID=ok&appID=other", "ERR_WORKFLOW_APP_ID_INVALID")]
    public async Task Start_BadIds_Are400(string query, string errorCode)
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();

        var (status, body) = await PostAsync(sidecar.Running.Http, $"/v1.0/workflows/dapr/saga/start?{query}");

        using var answer = JsonDocument.Parse(body);
        Assert.Equal((400, errorCode), (status, answer.RootElement.GetProperty("errorCode").GetString()));
    }

    [Fact]
    public async Task Start_ActiveId_Is500WithTheReason()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await PostAsync(sidecar.Running.Http, "/v1.0/workflows/dapr/saga/start?instanceID=o1");

        var answer = await PostAsync(sidecar.Running.Http, "/v1.0/workflows/dapr/saga/start?instanceID=o1");

        Assert.Equal(
            (500, """{"errorCode":"ERR_START_WORKFLOW","message":"error starting workflow 'saga': an active workflow with ID 'o1' already exists"}"""), answer);
    }

    [Fact]
    public async Task Calls_UnknownInstance_Are404Or500AsTheContractSays()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        var http = sidecar.Running.Http;

        Assert.Equal((404, NotFound("x")), await GetAsync(http, "/v1.0/workflows/dapr/x"));
        Assert.Equal((404, NotFound("x")), await PostAsync(http, "/v1.0/workflows/dapr/x/terminate"));
        Assert.Equal((404, NotFound("x")), await PostAsync(http, "/v1.0/workflows/dapr/x/purge"));
        Assert.Equal(
            (500, """{"errorCode":"ERR_RAISE_EVENT_WORKFLOW","message":"error raising event on workflow 'x': no such instance exists"}"""),
            await PostAsync(http, "/v1.0/workflows/dapr/x/raiseEvent/e"));
    }

    [Fact]
    public async Task Purge_RunningInstance_Is500()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await PostAsync(sidecar.Running.Http, "/v1.0/workflows/dapr/saga/start?instanceID=o1");

        var answer = await PostAsync(sidecar.Running.Http, "/v1.0/workflows/dapr/o1/purge");

        Assert.Equal(
            (500, """{"errorCode":"ERR_PURGE_WORKFLOW","message":"error purging workflow 'o1': orchestration has not yet completed"}"""), answer);
    }

    [Fact]
    public async Task Terminate_PendingInstance_IsTerminatedOnceAWorkerIsThere()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await PostAsync(sidecar.Running.Http, "/v1.0/workflows/dapr/saga/start?instanceID=o1");

        Assert.Equal((202, ""), await PostAsync(sidecar.Running.Http, "/v1.0/workflows/dapr/o1/terminate"));
        await using var worker = sidecar.Work(_ => []);

        await Eventually.Get(() => GetAsync(sidecar.Running.Http, "/v1.0/workflows/dapr/o1"), answer => answer.Body.Contains("\"runtimeStatus\":\"TERMINATED\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task PauseAndResume_ARunningInstance_HoldAndReleaseItsEvents()
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();
        await using var worker = sidecar.Work(history => history.Raised("paid").Any() ? [Complete(0, "done")] : []);
        var http = sidecar.Running.Http;
        await PostAsync(http, "/v1.0/workflows/dapr/saga/start?instanceID=o1");
        await Eventually.Get(() => GetAsync(http, "/v1.0/workflows/dapr/o1"), Is("RUNNING"));

        Assert.Equal((202, ""), await PostAsync(http, "/v1.0/workflows/dapr/o1/pause"));
        Assert.True(Is("SUSPENDED")(await GetAsync(http, "/v1.0/workflows/dapr/o1")));
        Assert.Equal((202, ""), await PostAsync(http, "/v1.0/workflows/dapr/o1/raiseEvent/paid", "1"));
        Assert.True(Is("SUSPENDED")(await GetAsync(http, "/v1.0/workflows/dapr/o1")));
        Assert.Equal((202, ""), await PostAsync(http, "/v1.0/workflows/dapr/o1/resume"));

        await Eventually.Get(() => GetAsync(http, "/v1.0/workflows/dapr/o1"), Is("COMPLETED"));
    }

    [Theory]
    [InlineData("pause", "PAUSE", "pausing")]
    [InlineData("resume", "RESUME", "resuming")]
    public async Task PauseAndResume_UnknownInstance_Are500(string verb, string code, string doing)
    {
        await using var sidecar = await WorkflowSidecar.StartAsync();

        Assert.Equal(
            (500, $$"""{"errorCode":"ERR_{{code}}_WORKFLOW","message":"error {{doing}} workflow 'x': no such instance exists"}"""),
            await PostAsync(sidecar.Running.Http, $"/v1.0/workflows/dapr/x/{verb}"));
    }

    [Fact]
    public void WriteStatus_Failed_IsTheGoldenBody()
    {
        var document = new InstanceDocument
        {
            InstanceId = "o1",
            Status = OrchestrationStatus.Failed,
            Start = new ExecutionStartedEvent { Name = "saga", Input = "1" },
            Created = new Timestamp { Seconds = 1_700_000_000, Nanos = 120_000_000 },
            LastUpdated = new Timestamp { Seconds = 1_700_000_001 },
            CustomStatus = "\"half\"",
            Failure = new TaskFailureDetails { ErrorType = "T", ErrorMessage = "m", StackTrace = "s" },
        };

        var json = System.Text.Encoding.UTF8.GetString(Sidecar.Http.WorkflowEndpoints.WriteStatus(document).Span);

        Assert.Equal(
            """{"instanceID":"o1","workflowName":"saga","createdAt":"2023-11-14T22:13:20.12Z","lastUpdatedAt":"2023-11-14T22:13:21Z","runtimeStatus":"FAILED","properties":{"dapr.workflow.custom_status":"\"half\"","dapr.workflow.failure.error_message":"m","dapr.workflow.failure.error_type":"T","dapr.workflow.failure.stack_trace":"s","dapr.workflow.input":"1"}}""",
            json);
    }

    private static Func<(int Status, string Body), bool> Is(string status) =>
        answer => answer.Body.Contains($"\"runtimeStatus\":\"{status}\"", StringComparison.Ordinal);

    private static string NotFound(string instanceId) =>
        $$"""{"errorCode":"ERR_INSTANCE_ID_NOT_FOUND","message":"unable to find workflow with the provided instance ID: {{instanceId}}"}""";

    private static async Task<(int Status, string Body)> GetAsync(HttpClient http, string path)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<(int Status, string Body)> PostAsync(HttpClient http, string path, string? body = null)
    {
        using var content = body is null ? null : new StringContent(body);
        using var response = await http.PostAsync(new Uri(path, UriKind.Relative), content);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
