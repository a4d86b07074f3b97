using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Metrics;

namespace Sidecar.Http.Errors;

/// <summary>Writes error bodies byte for byte as documented: member order, typed details, no escaping beyond JSON's own.</summary>
internal static class ApiErrorWriter
{
    private const string TypePrefix = "type.googleapis.com/google.rpc.";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task WriteAsync(this HttpResponse response, ApiError error, CancellationToken cancellationToken)
    {
        response.HttpContext.RequestServices?.GetService<SidecarMetrics>()?.Errors.Answered(error.ErrorCode);
        return response.WriteJsonAsync(error.Status, ToJson(error), cancellationToken);
    }

    public static async Task WriteJsonAsync(
        this HttpResponse response, int status, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        await response.Body.WriteAsync(json, cancellationToken);
    }

    public static ReadOnlyMemory<byte> ToJson(ApiError error)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("errorCode", error.ErrorCode);
            writer.WriteString("message", error.Message);
            if (error.Details.Count > 0)
            {
                writer.WriteStartArray("details");
                foreach (var detail in error.Details)
                {
                    Write(writer, detail);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, ErrorDetail detail)
    {
        writer.WriteStartObject();
        switch (detail)
        {
            case ErrorInfo info:
                writer.WriteString("@type", TypePrefix + "ErrorInfo");
                writer.WriteString("reason", info.Reason);
                writer.WriteString("domain", ErrorInfo.Domain);
                WriteMetadata(writer, info.Metadata);
                break;
            case ResourceInfo resource:
                writer.WriteString("@type", TypePrefix + "ResourceInfo");
                writer.WriteString("resource_type", resource.ResourceType);
                writer.WriteString("resource_name", resource.ResourceName);
                writer.WriteString("owner", "");
                writer.WriteString("description", resource.Description);
                break;
            case BadRequestField field:
                writer.WriteString("@type", TypePrefix + "BadRequest");
                WriteOnly(writer, "field_violations", ("field", field.Field), ("description", field.Description));
                break;
            case HelpLink link:
                writer.WriteString("@type", TypePrefix + "Help");
                WriteOnly(writer, "links", ("url", link.Url), ("description", link.Description));
                break;
        }

        writer.WriteEndObject();
    }

    private static void WriteMetadata(Utf8JsonWriter writer, IReadOnlyDictionary<string, string>? metadata)
    {
        if (metadata is null)
        {
            writer.WriteNull("metadata");
            return;
        }

        writer.WriteStartObject("metadata");
        foreach (var (name, value) in metadata)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteOnly(Utf8JsonWriter writer, string list, params ReadOnlySpan<(string Name, string Value)> members)
    {
        writer.WriteStartArray(list);
        writer.WriteStartObject();
        foreach (var (name, value) in members)
        {
            writer.WriteString(name, value);
        }

        writer.WriteEndObject();
        writer.WriteEndArray();
    }
}
