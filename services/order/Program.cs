using DaprShop.Order;

await OrderHost.Build(WebApplication.CreateBuilder(args)).RunAsync();
