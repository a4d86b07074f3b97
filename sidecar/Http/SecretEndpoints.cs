using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Components;
using Sidecar.Components.Secrets;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Secrets (dapr-contract.md 9.1).</summary>
internal static class SecretEndpoints
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapSecrets(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var components = services.GetRequiredService<ComponentRegistry>();
        var calls = services.GetRequiredService<ComponentCalls>();
        routes.MapGet("/v1.0/secrets/{store}/bulk", context => GetAllAsync(context, components, calls));
        routes.MapGet("/v1.0/secrets/{store}/{key}", context => GetAsync(context, components, calls));
    }

    // GET /v1.0/secrets/{store}/bulk: 200 {name:{key:value}}; 204 for none; 401 unknown store; 500 no store, store error.
    private static async Task GetAllAsync(HttpContext context, ComponentRegistry components, ComponentCalls calls)
    {
        var store = context.PathParameter("store");
        if (Find(components, store, out var secrets) is { } missing)
        {
            await context.Response.WriteAsync(missing, context.RequestAborted);
            return;
        }

        var answer = await calls.RunAsync(store, secrets!.GetAllAsync, context.RequestAborted);
        await (answer switch
        {
            { Fault: { } fault } => context.Response.WriteAsync(SecretErrors.BulkGet(store, fault.Message), context.RequestAborted),
            { Value: null } => NoContent(context),
            { Value: { } all } => context.Response.WriteJsonAsync(StatusCodes.Status200OK, Write(all), context.RequestAborted),
        });
    }

    // GET /v1.0/secrets/{store}/{key}: 200 {key:value}; 204, 401, 500 as above, an unknown secret is a store error.
    private static async Task GetAsync(HttpContext context, ComponentRegistry components, ComponentCalls calls)
    {
        var (store, key) = (context.PathParameter("store"), context.PathParameter("key"));
        if (Find(components, store, out var secrets) is { } missing)
        {
            await context.Response.WriteAsync(missing, context.RequestAborted);
            return;
        }

        var answer = await calls.RunAsync(store, token => secrets!.GetAsync(key, token), context.RequestAborted);
        await (answer switch
        {
            { Fault: { } fault } => context.Response.WriteAsync(SecretErrors.Get(store, key, fault.Message), context.RequestAborted),
            { Value: null } => NoContent(context),
            { Value: { } one } => context.Response.WriteJsonAsync(StatusCodes.Status200OK, Write(one), context.RequestAborted),
        });
    }

    private static ApiError? Find(ComponentRegistry components, string store, out ISecretStore? secrets)
    {
        secrets = components.Secrets(store);
        return secrets is not null ? null : components.HasAny<ISecretStore>() ? SecretErrors.NotFound(store) : SecretErrors.NotConfigured;
    }

    private static Task NoContent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    internal static ReadOnlyMemory<byte> Write(IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> secrets)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            writer.WriteStartObject();
            foreach (var (name, values) in secrets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WritePropertyName(name);
                Write(writer, values);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    internal static ReadOnlyMemory<byte> Write(IReadOnlyDictionary<string, string> secret)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            Write(writer, secret);
        }

        return buffer.WrittenMemory;
    }

    private static void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> values)
    {
        writer.WriteStartObject();
        foreach (var (key, value) in values.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }
}
