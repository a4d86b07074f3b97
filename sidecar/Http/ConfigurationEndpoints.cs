using Sidecar.Api;
using Sidecar.ConfigurationStores;
using Sidecar.Http.Errors;

namespace Sidecar.Http;

/// <summary>Configuration (dapr-contract.md 9.2).</summary>
internal static class ConfigurationEndpoints
{
    public static void MapConfiguration(this IEndpointRouteBuilder routes)
    {
        var stores = routes.ServiceProvider.GetRequiredService<ConfigurationApi>();
        foreach (var version in (string[])["/v1.0", "/v1.0-alpha1"])
        {
            routes.MapGet($"{version}/configuration/{{store}}", context => GetAsync(context, stores));
            routes.MapGet($"{version}/configuration/{{store}}/subscribe", context => SubscribeAsync(context, stores));
            routes.MapGet($"{version}/configuration/{{store}}/{{id}}/unsubscribe", context => UnsubscribeAsync(context, stores));
        }
    }

    // GET configuration/{store}?key=a&key=b: 200 {key:{value,version,metadata}}, no key asks for all; 204 for none;
    // 400 unknown store; 500 no store configured, store error.
    private static async Task GetAsync(HttpContext context, ConfigurationApi stores)
    {
        var answer = await stores.GetAsync(context.PathParameter("store"), Keys(context), context.RequestAborted);
        await (answer switch
        {
            { Error: { } error } => context.Response.WriteAsync(error, context.RequestAborted),
            { Value: { Count: > 0 } items } => WriteAsync(context, StatusCodes.Status200OK, ConfigurationJson.Items(items)),
            _ => NoContent(context),
        });
    }

    // GET configuration/{store}/subscribe?key=a: 200 {"id"}, after which changes are posted to the app; no key: of all;
    // 400, 500 as above; 500 without an app to send to.
    private static async Task SubscribeAsync(HttpContext context, ConfigurationApi stores)
    {
        var answer = await stores.SubscribeAppAsync(context.PathParameter("store"), Keys(context), context.RequestAborted);
        await (answer.Error is { } error
            ? context.Response.WriteAsync(error, context.RequestAborted)
            : WriteAsync(context, StatusCodes.Status200OK, ConfigurationJson.Subscribed(answer.Value!)));
    }

    // GET configuration/{store}/{id}/unsubscribe: 200 {"ok":true}; 500 {"ok":false,"message"} for an unknown id;
    // 400, 500 as above.
    private static async Task UnsubscribeAsync(HttpContext context, ConfigurationApi stores)
    {
        var (name, id) = (context.PathParameter("store"), context.PathParameter("id"));
        if (stores.Refuse(name) is { } missing)
        {
            await context.Response.WriteAsync(missing, context.RequestAborted);
            return;
        }

        await (stores.TryUnsubscribe(name, id)
            ? WriteAsync(context, StatusCodes.Status200OK, ConfigurationJson.Unsubscribed())
            : WriteAsync(
                context,
                StatusCodes.Status500InternalServerError,
                ConfigurationJson.NotUnsubscribed(ConfigurationStoreErrors.UnsubscribeText(id))));
    }

    private static List<string> Keys(HttpContext context) => [.. context.Request.Query["key"].Select(key => key ?? "")];

    private static Task WriteAsync(HttpContext context, int status, ReadOnlyMemory<byte> json) =>
        context.Response.WriteJsonAsync(status, json, context.RequestAborted);

    private static Task NoContent(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
