using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Api;
using Sidecar.Grpc.DurableTask;
using Sidecar.Http.Errors;
using Sidecar.Workflows;

namespace Sidecar.Http;

/// <summary>Workflow management (dapr-contract.md 11.1). The component's name in the path means nothing.</summary>
internal static class WorkflowEndpoints
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapWorkflows(this IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v1.0", "v1.0-beta1", "v1.0-alpha1"])
        {
            var workflows = routes.MapGroup($"/{version}/workflows/{{component}}");
            workflows.MapPost("/{name}/start", StartAsync);
            workflows.MapGet("/{instanceId}", GetAsync);
            workflows.MapPost("/{instanceId}/raiseEvent/{eventName}", RaiseEventAsync);
            workflows.MapPost("/{instanceId}/pause", PauseAsync);
            workflows.MapPost("/{instanceId}/resume", ResumeAsync);
            workflows.MapPost("/{instanceId}/terminate", TerminateAsync);
            workflows.MapPost("/{instanceId}/purge", PurgeAsync);
        }
    }

    // POST {name}/start?instanceID=&appID=, raw input: 202 {"instanceID"} | 400 id or name | 500 ERR_START_WORKFLOW.
    private static async Task StartAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var body = await ReadAsync(context);
        var start = new WorkflowStart(context.PathParameter("name"), query["instanceID"].ToString(), query["appID"].ToString(), body.Text)
        {
            ParentTrace = CurrentTrace(),
        };
        var answer = (Api(context).Refuse(start) ?? body.Error) is { } refusal
            ? ApiAnswer<string>.Failed(refusal)
            : await Api(context).StartAsync(start, context.RequestAborted);
        await (answer.Error is { } error
            ? context.Response.WriteAsync(error, context.RequestAborted)
            : context.Response.WriteJsonAsync(StatusCodes.Status202Accepted, WriteInstanceId(answer.Value!), context.RequestAborted));
    }

    // GET {instanceId}: 200 | 404 ERR_INSTANCE_ID_NOT_FOUND | 500 ERR_GET_WORKFLOW.
    private static async Task GetAsync(HttpContext context)
    {
        var instanceId = context.PathParameter("instanceId");
        await (await Api(context).GetAsync(instanceId, context.RequestAborted) switch
        {
            { Error: { } error } => context.Response.WriteAsync(error, context.RequestAborted),
            { Value: null } => context.Response.WriteAsync(WorkflowErrors.NotFound(instanceId), context.RequestAborted),
            { Value: { } document } => context.Response.WriteJsonAsync(StatusCodes.Status200OK, WriteStatus(document), context.RequestAborted),
        });
    }

    // POST {instanceId}/raiseEvent/{eventName}, event data: 202 | 400 ERR_WORKFLOW_EVENT_NAME_MISSING | 500 ERR_RAISE_EVENT_WORKFLOW, unknown instances too.
    private static async Task RaiseEventAsync(HttpContext context)
    {
        var (instanceId, eventName) = (context.PathParameter("instanceId"), context.PathParameter("eventName"));
        var body = await ReadAsync(context);
        await AnswerAsync(
            context,
            eventName.Length > 0 && body.Error is { } error
                ? Task.FromResult<ApiError?>(error)
                : Api(context).RaiseEventAsync(instanceId, eventName, body.Text, context.RequestAborted));
    }

    // POST {instanceId}/pause: 202, and the instance is suspended | 500 ERR_PAUSE_WORKFLOW, unknown instances too.
    private static Task PauseAsync(HttpContext context) =>
        AnswerAsync(context, Api(context).PauseAsync(context.PathParameter("instanceId"), context.RequestAborted));

    // POST {instanceId}/resume: 202, and the instance goes on | 500 ERR_RESUME_WORKFLOW, unknown instances too.
    private static Task ResumeAsync(HttpContext context) =>
        AnswerAsync(context, Api(context).ResumeAsync(context.PathParameter("instanceId"), context.RequestAborted));

    // POST {instanceId}/terminate: 202 | 404 ERR_INSTANCE_ID_NOT_FOUND | 500 ERR_TERMINATE_WORKFLOW.
    private static Task TerminateAsync(HttpContext context) =>
        AnswerAsync(context, Api(context).TerminateAsync(context.PathParameter("instanceId"), context.RequestAborted));

    // POST {instanceId}/purge: 202 | 404 ERR_INSTANCE_ID_NOT_FOUND | 500 ERR_PURGE_WORKFLOW, a running instance too.
    private static Task PurgeAsync(HttpContext context) =>
        AnswerAsync(context, Api(context).PurgeAsync(context.PathParameter("instanceId"), context.RequestAborted));

    private static async Task AnswerAsync(HttpContext context, Task<ApiError?> command)
    {
        if (await command is { } error)
        {
            await context.Response.WriteAsync(error, context.RequestAborted);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static WorkflowApi Api(HttpContext context) => context.RequestServices.GetRequiredService<WorkflowApi>();

    private static TraceContext? CurrentTrace() => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id } activity
        ? new TraceContext { TraceParent = id, TraceState = activity.TraceStateString }
        : null;

    /// <summary>An empty body is no input, as opposed to an empty one.</summary>
    private static async Task<(string? Text, ApiError? Error)> ReadAsync(HttpContext context)
    {
        try
        {
            var body = await context.ReadBodyAsync(context.RequestAborted);
            return (body.IsEmpty ? null : Encoding.UTF8.GetString(body.Span), null);
        }
        catch (BadHttpRequestException error)
        {
            return (null, WorkflowErrors.BodyUnreadable(error.Message));
        }
    }

    private static ReadOnlyMemory<byte> WriteInstanceId(string instanceId) => Write(writer =>
        writer.WriteString("instanceID", instanceId));

    internal static ReadOnlyMemory<byte> WriteStatus(InstanceDocument document) => Write(writer =>
    {
        writer.WriteString("instanceID", document.InstanceId);
        writer.WriteString("workflowName", document.Start.Name);
        writer.WriteString("createdAt", Rfc3339(document.Created));
        writer.WriteString("lastUpdatedAt", Rfc3339(document.LastUpdated));
        writer.WriteString("runtimeStatus", WorkflowStatus.Name(document.Status));
        writer.WriteStartObject("properties");
        foreach (var (name, value) in WorkflowStatus.Properties(document))
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    });

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Json))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static string Rfc3339(Timestamp timestamp) =>
        timestamp.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
