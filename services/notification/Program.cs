using DaprShop.Notification;

await NotificationHost.Build(WebApplication.CreateBuilder(args)).RunAsync();
