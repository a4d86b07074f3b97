using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DaprShop.ServiceDefaults.Faults;

/// <summary>
/// A problem that is answered so often that its cost counts: it is encoded once, and each answer only adds <c>instance</c> and
/// <c>traceId</c>. The caller reads the same as from the problem it was made of, <c>Retry-After</c> of one second included.
/// </summary>
public sealed class QuickProblem
{
    private const int UsualBytes = 512;

    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
    private static readonly JsonEncodedText Title = JsonEncodedText.Encode("title");
    private static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    private static readonly JsonEncodedText Detail = JsonEncodedText.Encode("detail");
    private static readonly JsonEncodedText Instance = JsonEncodedText.Encode("instance");
    private static readonly JsonEncodedText TraceId = JsonEncodedText.Encode("traceId");

    private readonly int _status;
    private readonly JsonEncodedText _type;
    private readonly JsonEncodedText _title;
    private readonly JsonEncodedText _detail;

    /// <param name="problem">One of <see cref="Problems"/> without members of its own.</param>
    public QuickProblem(ProblemHttpResult problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        Name = Problems.NameOf(problem);
        _status = problem.StatusCode;
        _type = JsonEncodedText.Encode(problem.ProblemDetails.Type!);
        _title = JsonEncodedText.Encode(problem.ProblemDetails.Title!);
        _detail = JsonEncodedText.Encode(problem.ProblemDetails.Detail!);
    }

    /// <summary>As <see cref="Problems.NameOf"/> has it.</summary>
    public string Name { get; }

    public async Task WriteAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.StatusCode = _status;
        context.Response.ContentType = Problems.ContentType;
        if (ProblemContext.NeedsRetryAfter(_status))
        {
            context.Response.Headers.RetryAfter = ProblemContext.DefaultRetryAfter;
        }

        var body = Encode(context.Request.Path.Value);
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private ReadOnlyMemory<byte> Encode(string? instance)
    {
        var buffer = new ArrayBufferWriter<byte>(UsualBytes);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString(Type, _type);
        json.WriteString(Title, _title);
        json.WriteNumber(Status, _status);
        json.WriteString(Detail, _detail);
        json.WriteString(Instance, instance);
        json.WriteString(TraceId, ProblemContext.TraceId());
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
