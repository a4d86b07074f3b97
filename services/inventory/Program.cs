using DaprShop.Inventory;

await InventoryHost.Build(WebApplication.CreateBuilder(args)).RunAsync();
