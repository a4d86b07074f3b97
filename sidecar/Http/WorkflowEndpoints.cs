using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Sidecar.Grpc.DurableTask;
using Sidecar.Host;
using Sidecar.Http.Errors;
using Sidecar.Workflows;

namespace Sidecar.Http;

/// <summary>Workflow management (dapr-contract.md 11.1). The component's name in the path means nothing.</summary>
internal static class WorkflowEndpoints
{
    private static readonly SearchValues<char> InstanceIdCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapWorkflows(this IEndpointRouteBuilder routes)
    {
        foreach (var version in (string[])["v1.0", "v1.0-beta1", "v1.0-alpha1"])
        {
            var workflows = routes.MapGroup($"/{version}/workflows/{{component}}");
            workflows.MapPost("/{name}/start", StartAsync);
            workflows.MapGet("/{instanceId}", GetAsync);
            workflows.MapPost("/{instanceId}/raiseEvent/{eventName}", RaiseEventAsync);
            workflows.MapPost("/{instanceId}/terminate", TerminateAsync);
            workflows.MapPost("/{instanceId}/purge", PurgeAsync);
        }
    }

    // POST {name}/start?instanceID=&appID=, raw input: 202 {"instanceID"} | 400 id or name | 500 ERR_START_WORKFLOW.
    private static async Task StartAsync(HttpContext context)
    {
        var name = context.PathParameter("name");
        var engine = Engine(context);
        var instanceId = context.Request.Query["instanceID"].ToString() is { Length: > 0 } given ? given : RandomId.NewUuid();
        var appId = context.Request.Query["appID"].ToString();
        var body = await ReadAsync(context);
        var refusal = name.Length == 0 ? WorkflowErrors.NameMissing
            : instanceId.Length > WorkflowErrors.LongestInstanceId ? WorkflowErrors.InstanceIdTooLong
            : instanceId.AsSpan().ContainsAnyExcept(InstanceIdCharacters) ? WorkflowErrors.InstanceIdInvalid(instanceId)
            : appId.Length > 0 && appId != context.RequestServices.GetRequiredService<SidecarOptions>().AppId ? WorkflowErrors.AppIdInvalid(appId)
            : body.Error;
        if (refusal is not null)
        {
            await context.Response.WriteAsync(refusal, context.RequestAborted);
            return;
        }

        var command = new StartCommand(instanceId, RandomId.NewUuid(), name) { Input = body.Text, ParentTrace = CurrentTrace() };
        try
        {
            await engine.StartInstanceAsync(command, context.RequestAborted);
        }
        catch (WorkflowException error)
        {
            await context.Response.WriteAsync(WorkflowErrors.Start(name, error.Message), context.RequestAborted);
            return;
        }

        await context.Response.WriteJsonAsync(StatusCodes.Status202Accepted, WriteInstanceId(instanceId), context.RequestAborted);
    }

    // GET {instanceId}: 200 | 404 ERR_INSTANCE_ID_NOT_FOUND | 500 ERR_GET_WORKFLOW.
    private static async Task GetAsync(HttpContext context)
    {
        var instanceId = context.PathParameter("instanceId");
        try
        {
            var document = await Engine(context).GetAsync(instanceId, context.RequestAborted);
            if (document is not null)
            {
                await context.Response.WriteJsonAsync(StatusCodes.Status200OK, WriteStatus(document), context.RequestAborted);
                return;
            }

            await context.Response.WriteAsync(WorkflowErrors.NotFound(instanceId), context.RequestAborted);
        }
        catch (WorkflowException error)
        {
            await context.Response.WriteAsync(WorkflowErrors.Get(instanceId, error.Message), context.RequestAborted);
        }
    }

    // POST {instanceId}/raiseEvent/{eventName}, event data: 202 | 400 ERR_WORKFLOW_EVENT_NAME_MISSING | 500 ERR_RAISE_EVENT_WORKFLOW, unknown instances too.
    private static async Task RaiseEventAsync(HttpContext context)
    {
        var instanceId = context.PathParameter("instanceId");
        var eventName = context.PathParameter("eventName");
        var body = await ReadAsync(context);
        if ((eventName.Length == 0 ? WorkflowErrors.EventNameMissing : body.Error) is { } refusal)
        {
            await context.Response.WriteAsync(refusal, context.RequestAborted);
            return;
        }

        try
        {
            await Engine(context).RaiseEventAsync(instanceId, eventName, body.Text, context.RequestAborted);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
        catch (WorkflowException error)
        {
            await context.Response.WriteAsync(WorkflowErrors.RaiseEvent(instanceId, error.Message), context.RequestAborted);
        }
    }

    // POST {instanceId}/terminate: 202 | 404 ERR_INSTANCE_ID_NOT_FOUND | 500 ERR_TERMINATE_WORKFLOW.
    private static Task TerminateAsync(HttpContext context) => ManageAsync(
        context,
        (engine, instanceId) => engine.TerminateAsync(instanceId, output: null, recurse: true, context.RequestAborted),
        WorkflowErrors.Terminate);

    // POST {instanceId}/purge: 202 | 404 ERR_INSTANCE_ID_NOT_FOUND | 500 ERR_PURGE_WORKFLOW, a running instance too.
    private static Task PurgeAsync(HttpContext context) => ManageAsync(
        context,
        (engine, instanceId) => engine.PurgeAsync(instanceId, force: false, context.RequestAborted),
        WorkflowErrors.Purge);

    private static async Task ManageAsync(
        HttpContext context, Func<WorkflowEngine, string, Task> manage, Func<string, string, ApiError> failed)
    {
        var instanceId = context.PathParameter("instanceId");
        try
        {
            await manage(Engine(context), instanceId);
            context.Response.StatusCode = StatusCodes.Status202Accepted;
        }
        catch (WorkflowException error)
        {
            var answer = error.Fault == WorkflowFault.NotFound ? WorkflowErrors.NotFound(instanceId) : failed(instanceId, error.Message);
            await context.Response.WriteAsync(answer, context.RequestAborted);
        }
    }

    private static WorkflowEngine Engine(HttpContext context) => context.RequestServices.GetRequiredService<WorkflowEngine>();

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
        writer.WriteString("runtimeStatus", StatusName(document.Status));
        writer.WriteStartObject("properties");
        WriteProperty(writer, "dapr.workflow.custom_status", document.CustomStatus);
        WriteProperty(writer, "dapr.workflow.failure.error_message", document.Failure?.ErrorMessage);
        WriteProperty(writer, "dapr.workflow.failure.error_type", document.Failure?.ErrorType);
        WriteProperty(writer, "dapr.workflow.failure.stack_trace", document.Failure?.StackTrace);
        WriteProperty(writer, "dapr.workflow.input", document.Start.Input);
        WriteProperty(writer, "dapr.workflow.output", document.Output);
        writer.WriteEndObject();
    });

    private static void WriteProperty(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

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

    private static string StatusName(OrchestrationStatus status) => status switch
    {
        OrchestrationStatus.Running => "RUNNING",
        OrchestrationStatus.Completed => "COMPLETED",
        OrchestrationStatus.ContinuedAsNew => "CONTINUED_AS_NEW",
        OrchestrationStatus.Failed => "FAILED",
        OrchestrationStatus.Canceled => "CANCELED",
        OrchestrationStatus.Terminated => "TERMINATED",
        OrchestrationStatus.Pending => "PENDING",
        OrchestrationStatus.Suspended => "SUSPENDED",
        _ => "UNKNOWN",
    };

    private static string Rfc3339(Timestamp timestamp) =>
        timestamp.ToDateTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
