using DaprShop.Notification.Events;
using DaprShop.Notification.Inbox;
using DaprShop.Notification.Mail;
using DaprShop.Notification.Stream;
using DaprShop.ServiceDefaults;
using DaprShop.ServiceDefaults.Messaging;

namespace DaprShop.Notification;

/// <summary>The service as a host, so that tests run exactly what Program runs.</summary>
internal static class NotificationHost
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.AddServiceDefaults();
        AddServices(builder.Services);
        var app = builder.Build();
        MapRoutes(app);
        return app;
    }

    /// <summary>What this service is made of, beside what every service has.</summary>
    public static void AddServices(IServiceCollection services)
    {
        services.AddSingleton<InboxStore>();
        services.AddMail();
    }

    public static void MapRoutes(IEndpointRouteBuilder routes)
    {
        routes.MapDefaultEndpoints();

        // Its subscriptions are declared in components/<set>/subscriptions.yaml.
        routes.MapEvents();
        routes.MapFailureNotes();
        routes.MapInbox();
        routes.MapStream();
        routes.MapMail();
    }
}
