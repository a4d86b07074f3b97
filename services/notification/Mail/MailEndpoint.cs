using System.Text.Json;
using DaprShop.Contracts.Api;
using DaprShop.ServiceDefaults.Json;

namespace DaprShop.Notification.Mail;

/// <summary><c>POST /job/{name}</c>: the sidecar says that a planned mail is due. An error is a job that comes again.</summary>
internal static partial class MailEndpoint
{
    public static void AddMail(this IServiceCollection services)
    {
        services.AddOptions<MailOptions>().BindConfiguration("Mail").ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<MailSidecar>();
        services.AddSingleton<Mails>();
    }

    public static void MapMail(this IEndpointRouteBuilder routes) => routes.MapPost("/job/{name}", RunAsync);

    private static async Task<IResult> RunAsync(HttpRequest request, Mails mails, ILogger<Mails> logger, CancellationToken cancellationToken)
    {
        if (await ReadAsync(request, cancellationToken) is { UserId: not null, Notification: { } notification } job && IsWhole(notification))
        {
            await mails.SendAsync(job, cancellationToken);
        }
        else
        {
            LogPoison(logger);
        }

        return TypedResults.Ok();
    }

    private static async Task<MailJob?> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<MailJob>(request.Body, ShopJson.Documents, cancellationToken);
        }
        catch (JsonException)
        {
            // The caller drops it, with a warning.
            return null;
        }
    }

    private static bool IsWhole(NotificationView notification) =>
        notification is { Id.Length: > 0, Kind: not null, OrderId: not null, Title.Length: > 0, Text: not null };

    [LoggerMessage(LogLevel.Warning, "Dropped a job that is no mail")]
    private static partial void LogPoison(ILogger logger);
}
