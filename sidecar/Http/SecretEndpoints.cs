using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sidecar.Api;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Secrets (dapr-contract.md 9.1).</summary>
internal static class SecretEndpoints
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void MapSecrets(this IEndpointRouteBuilder routes)
    {
        var secrets = routes.ServiceProvider.GetRequiredService<SecretApi>();
        routes.MapGet("/v1.0/secrets/{store}/bulk", context => GetAllAsync(context, secrets));
        routes.MapGet("/v1.0/secrets/{store}/{key}", context => GetAsync(context, secrets));
    }

    // GET /v1.0/secrets/{store}/bulk: 200 {name:{key:value}}; 204 for none; 401 unknown store; 500 no store, store error.
    private static async Task GetAllAsync(HttpContext context, SecretApi secrets)
    {
        var answer = await secrets.GetAllAsync(context.PathParameter("store"), context.RequestAborted);
        await (answer switch
        {
            { Error: { } error } => context.Response.WriteAsync(error, context.RequestAborted),
            { Value: null } => NoContent(context),
            { Value: { } all } => context.Response.WriteJsonAsync(StatusCodes.Status200OK, Write(all), context.RequestAborted),
        });
    }

    // GET /v1.0/secrets/{store}/{key}: 200 {key:value}; 204, 401, 500 as above, an unknown secret is a store error; 403 by its scope.
    private static async Task GetAsync(HttpContext context, SecretApi secrets)
    {
        var answer = await secrets.GetAsync(context.PathParameter("store"), context.PathParameter("key"), context.RequestAborted);
        await (answer switch
        {
            { Error: { } error } => context.Response.WriteAsync(error, context.RequestAborted),
            { Value: null } => NoContent(context),
            { Value: { } one } => context.Response.WriteJsonAsync(StatusCodes.Status200OK, Write(one), context.RequestAborted),
        });
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
